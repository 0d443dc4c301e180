-- SPDX-License-Identifier: MIT
--
-- A lab destination's open ports: UDP echo and a TCP listener that hangs up, IPv4 and IPv6 on one
-- socket each, answering from the address that was asked (IPV6_PKTINFO), so also for a whole
-- prefix of addresses. `luajit serve.lua OWNER [udp=PORT] [tcp=PORT]` binds, forks, prints the
-- child's pid once it is ready and returns; the child ends when killed, or within a second of the
-- end of process OWNER (0: nobody's). It refuses to start when a port is taken.

local ffi = require "ffi"
local C = ffi.C

ffi.cdef([[
struct sockaddr_in6 { uint16_t family, port; uint32_t flow; uint8_t addr[16]; uint32_t scope; };
struct iovec { void *base; size_t len; };
struct msghdr {
  void *name; uint32_t namelen;
  struct iovec *iov; size_t iovlen;
  void *control; size_t controllen;
  int flags;
};
struct pktinfo { size_t len; int level, type; uint8_t addr[16]; uint32_t ifindex; };
struct pollfd { int fd; short events, revents; };
int socket(int domain, int type, int protocol);
int setsockopt(int fd, int level, int option, const void *value, uint32_t len);
int bind(int fd, const void *addr, uint32_t len);
int listen(int fd, int backlog);
int accept(int fd, void *addr, uint32_t *len);
ssize_t recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags);
int poll(struct pollfd *fds, unsigned long n, int timeout);
uint16_t htons(uint16_t n);
int fork(void);
int setsid(void);
int open(const char *path, int flags, ...);
int dup2(int from, int to);
int close(int fd);
int kill(int pid, int sig);
void _exit(int status);
char *strerror(int errnum);
]])

local AF_INET6, SOCK_STREAM, SOCK_DGRAM, NONBLOCK, CLOEXEC = 10, 1, 2, 0x800, 0x80000
local SOL_SOCKET, SO_REUSEADDR = 1, 2
local IPPROTO_IPV6, IPV6_V6ONLY, IPV6_RECVPKTINFO, IPV6_PKTINFO = 41, 26, 49, 50
local POLLIN, MSG_DONTWAIT, O_RDWR = 1, 0x40, 2

local function check(n, what)
  if n < 0 then
    io.stderr:write(("serve: %s: %s\n"):format(what, ffi.string(C.strerror(ffi.errno()))))
    os.exit(1)
  end
  return n
end

-- A socket bound to a port of every address, IPv4's included.
local function bound(kind, port)
  local fd = check(C.socket(AF_INET6, kind + NONBLOCK + CLOEXEC, 0), "socket")
  local function set(level, option, value)
    check(C.setsockopt(fd, level, option, ffi.new("int[1]", value), 4), "setsockopt")
  end
  set(SOL_SOCKET, SO_REUSEADDR, 1)
  set(IPPROTO_IPV6, IPV6_V6ONLY, 0)
  if kind == SOCK_DGRAM then
    set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
  end
  local addr = ffi.new("struct sockaddr_in6", { family = AF_INET6, port = C.htons(port) })
  check(C.bind(fd, addr, ffi.sizeof(addr)), "port " .. port)
  return fd
end

local buffer = ffi.new("uint8_t[65536]")
local control = ffi.new("struct pktinfo[4]")
local peer = ffi.new("struct sockaddr_in6")
local iov = ffi.new("struct iovec")
local msg = ffi.new("struct msghdr", { name = peer, iov = iov, iovlen = 1, control = control })
iov.base = buffer

-- Send one datagram back to where it came from, from where it went. False: none was waiting.
local function echo(fd)
  iov.len, msg.namelen = ffi.sizeof(buffer), ffi.sizeof(peer)
  msg.controllen = ffi.sizeof(control)
  local n = tonumber(C.recvmsg(fd, msg, MSG_DONTWAIT))
  if n < 0 then
    return false
  end
  iov.len = n
  local info = control[0]
  if msg.controllen > 0 and info.level == IPPROTO_IPV6 and info.type == IPV6_PKTINFO then
    info.ifindex = 0
  end
  C.sendmsg(fd, msg, MSG_DONTWAIT)
  return true
end

-- Take one connection and hang up.
local function greet(fd)
  local peer_fd = C.accept(fd, nil, nil)
  return peer_fd >= 0 and C.close(peer_fd) == 0
end

local owner, answers, fds = tonumber(arg[1]), {}, ffi.new("struct pollfd[2]")
for i = 2, #arg do
  local kind, port = arg[i]:match("^(%w+)=(%d+)$")
  local fd = bound(kind == "tcp" and SOCK_STREAM or SOCK_DGRAM, tonumber(port))
  if kind == "tcp" then
    check(C.listen(fd, 1024), "listen")
  end
  fds[#answers].fd, fds[#answers].events = fd, POLLIN
  answers[#answers + 1] = kind == "tcp" and greet or echo
end

local pid = check(C.fork(), "fork")
if pid > 0 then
  io.write(pid, "\n")
  os.exit(0)
end
C.setsid()
local null = C.open("/dev/null", O_RDWR)
for fd = 0, 2 do
  C.dup2(null, fd)
end
C.close(null)
while owner == 0 or C.kill(owner, 0) == 0 do
  C.poll(fds, #answers, 1000)
  for i, answer in ipairs(answers) do
    while fds[i - 1].revents ~= 0 and answer(fds[i - 1].fd) do
    end
  end
end
C._exit(0)
