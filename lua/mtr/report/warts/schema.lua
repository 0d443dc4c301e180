-- SPDX-License-Identifier: MIT
--
-- The parameters of warts, the binary format of scamper's results: for each kind of block, the name
-- and the kind of value of each parameter, in the order of their numbers, which begin at 1.
--
-- A block says by bits which parameters it has; see mtr.report.warts.read and write. Kinds:
-- u8 u16 u32 numbers; time (8 bytes, here microseconds since 1970); string (ends with a zero byte);
-- address (here a string: a byte for the type and the bytes of the address), static (the same, not
-- entered into the dictionary of the record), gid (deprecated: the number of an address of the
-- file; read as the address, never written); codes (ICMP type and code, here { type, code }); ext
-- (ICMP extension objects, here their bytes); data (as many bytes as data_length says); addresses
-- (a list); stamps { times = {}, addresses = {} }; three (three u32); interface { id =, name = }.
-- A new parameter can only be added at the end of its block.

local M = {}

local function block(text)
  local list = {}
  for name, kind in text:gmatch "(%S+) (%S+)" do
    list[#list + 1] = { name = name, kind = kind }
  end
  return list
end

--- The types of records.
M.records = { "list", "cycle_start", "cycle_def", "cycle_stop", "address", "trace", "ping",
  "tracelb" }

M.list = block "description string  monitor string"

M.cycle = block "stop u32  host string"

M.trace = block [[list u32  cycle u32  src gid  dst gid  start time  stop_reason u8
  stop_data u8  flags u8  attempts u8  hop_limit u8  type u8  probe_size u16  sport u16  dport u16
  first_hop u8  tos u8  timeout u8  loops u8  hop_count u16  gap_limit u8  gap_action u8
  loop_action u8  probes u16  wait u8  confidence u8  src address  dst address  user u32
  ip_offset u16  router static  window u8  flags32 u32  stop_hop u8  error string]]

M.hop = block [[addr gid  ttl u8  reply_ttl u8  flags u8  probe_id u8  rtt u32  icmp codes
  probe_size u16  reply_size u16  ip_id u16  reply_tos u8  mtu u16  quoted_size u16  quoted_ttl u8
  tcp_flags u8  quoted_tos u8  ext ext  addr address  sent time  name string]]

M.pmtud = block "if_mtu u16  mtu u16  first_mtu u16  version u8  notes u8"

M.note = block "type u8  mtu u16  hop u16"

M.last_ditch = {}

M.doubletree = block [[lss gid  gss gid  first u8  lss address  gss address  lss_name string
  flags u8]]

M.ping = block [[list u32  cycle u32  src gid  dst gid  start time  stop_reason u8
  stop_data u8  data_length u16  data data  count u16  probe_size u16  wait u8  ttl u8
  reply_count u16  sent u16  method u8  sport u16  dport u16  user u32  src address  dst address
  flags u8  tos u8  stamps addresses  icmp_sum u16  pseudo_mtu u16  timeout u8  wait_us u32
  tcp_ack u32  flags32 u32  tcp_seq u32  router static  timeout_us u32  error string]]

M.ping_reply = block [[addr gid  flags u8  ttl u8  size u16  icmp codes  rtt u32  probe_id u16
  ip_id u16  probe_ip_id u16  protocol u8  tcp_flags u8  addr address  route addresses
  stamps stamps  ip_id32 u32  sent time  icmp_times three  sport u16  tos u8  interface interface
  mtu u16]]

M.tracelb = block [[list u32  cycle u32  src gid  dst gid  start time  sport u16  dport u16
  probe_size u16  type u8  first_hop u8  timeout u8  wait u8  attempts u8  confidence u8  tos u8
  node_count u16  link_count u16  probes u32  most_probes u32  gap_limit u8  src address
  dst address  user u32  flags u8  router static  error string]]

M.node = block "addr gid  flags u8  links u16  quoted_ttl u8  addr address  name string"

M.link = block "from u16  to u16  hops u8"

M.set = block "probes u16"

M.probe = block "sent time  flow u16  ttl u8  attempt u8  replies u16"

M.lb_reply = block [[received time  ip_id u16  ttl u8  flags u8  icmp codes  tcp_flags u8  ext ext
  quoted_ttl u8  quoted_tos u8  addr gid  addr address]]

return M
