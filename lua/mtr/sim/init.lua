-- SPDX-License-Identifier: MIT
--
-- Simulated networks: a description of a network, and an engine over it. Time is virtual, and the
-- packets on its links are the same as real ones.
--
--     local net = mtr.sim{
--       nodes = {
--         me = "192.0.2.1",
--         r1 = { "10.0.0.1", "2001:db8:1::1", reply = { rate = "10/s", burst = 6 } },
--         r2 = { "10.0.0.2", quote = 8, silent = false },
--         web = { "203.0.113.9", "203.0.113.0/24", tcp = { [80] = "open", other = "filtered" } },
--       },
--       links = { { "me", "r1", "r2", "web", delay = "5ms", jitter = 1, loss = 0.01 } },
--     }
--     local engine = mtr.engine{ sim = net }
--
-- A file may return a description (mtr.sim.load, mtrlua --sim FILE). mtr.sim.internet{ seed =,
-- prefixes = } makes a whole internet. A network does not change, and each engine starts it again,
-- so that the same script sees the same packets every time.
--
-- The classes below explain the fields. Times are ms or "2s", and shares are 0..1. Without other
-- fields a node is ordinary: routers quote all that fits, ports are closed, pings are answered.

local compat = require "mtr.compat"
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local build = require "mtr.sim.build"
local fault = require "mtr.sim.fault"
local network = require "mtr.sim.network"
local fields = require "mtr.sim.fields"
local schema = require "mtr.sim.schema"

local C = lib.C
---@class mtr.sim
---@overload fun(given: mtr.SimNetwork): mtr.Sim
local M = {}

---@class mtr.SimNetwork
---@field seed? integer seed of all random choices, also of load balancers
---@field source? string the node where probes come from; default "me"
---@field nodes table<string, string|mtr.SimNode> by name; an address alone is enough
---@field links mtr.SimLink[]
---@field routes? mtr.SimRoute[] default: shortest paths
---@field tunnels? mtr.SimTunnel[]

--- A host or a router. Its list part has its addresses, and networks: the node is the target for
--- any address in them. It answers with its first address of each family.
---@class mtr.SimNode
---@field target? boolean targets() lists it; default: every end of the network but the source
---@field silent? boolean sends no ICMP errors
---@field reply? mtr.SimReply how it replies
---@field quote? integer|mtr.SimQuote how it quotes; a number: so many transport bytes
---@field ext? string|mtr.SimExt extensions that it adds; a string: the whole structure, as it is
---@field echo? boolean false: does not answer pings
---@field altered? boolean echo replies have another payload
---@field tcp? string|table<integer|"other", string> "open", "closed" or "filtered"; by port
---@field udp? string|table<integer|"other", string> likewise; an open port answers with data
---@field mss? integer in SYN/ACKs; 0: none
---@field balance? "flow"|"packet"|"target"|"label" over equal routes; label: IPv6 flow label only
---@field decrement? boolean false: forwards packets with the same TTL
---@field zero_ttl? boolean forwards a packet of TTL 1 with TTL 0, and does not answer it
---@field too_big? boolean false: drops a packet too big without a message
---@field set_ttl? integer TTL of packets that it forwards
---@field set_tos? integer TOS of packets that it forwards
---@field nat? string|mtr.SimNat translates source addresses to these
---@field filter? mtr.SimFilter|mtr.SimFilter[] packets that it does not forward; the first match

---@class mtr.SimReply
---@field delay? number|string time before a reply is sent
---@field jitter? number|string up to so much more time
---@field loss? number share of its replies that get lost
---@field rate? number|string ICMP errors per second
---@field burst? integer ICMP errors at once; default 1
---@field from? "own"|"target"|"source"|string|string[] source of replies: whose address, or which
---@field ttl? integer initial TTL of replies; default 64 for targets, 255 for others
---@field copies? integer number of copies of each reply
---@field type? integer ICMP type in place of time exceeded
---@field code? integer ICMP code in place of time exceeded's
---@field mtu? integer in packet too big, in place of the MTU of the link

--- Words for the list part of `headers`: "hop-by-hop" "routing" "destination" "fragment"
--- "later-fragment" "ah".
---@class mtr.SimQuote
---@field bytes? integer from the transport header on; default: all that fit
---@field ttl? integer in place of the true one; the fields below too
---@field size? integer
---@field id? integer|"swapped"|"plus" IPv4 identification
---@field checksum? integer of the transport header
---@field headers? string[] IPv6 extension headers that are inserted

--- The list part has objects, in hex: length, class, type, data.
---@class mtr.SimExt
---@field length? integer length field of the quote, in its units; 0: none
---@field checksum? "right"|"none"|"wrong"

--- The list part has the outside addresses, one of each family.
---@class mtr.SimNat
---@field quotes? boolean false: does not translate quotes in ICMP errors
---@field ports? boolean true: changes source ports and echo identifiers too

---@class mtr.SimFilter
---@field answer string|integer "drop", "reset", "answer" (for the target), a word or code of an
--- unreachable ("net" "host" "protocol" "port" "admin" "policy" "reject"...), or, at the source,
--- an errno ("EPERM") with which the send fails
---@field protocol? "icmp"|"udp"|"tcp"
---@field port? integer of the destination
---@field to? string network, node or "any"
---@field share? number share of matching packets

--- The list part has two nodes, or more for a chain of such links.
---@class mtr.SimLink
---@field delay? number|string
---@field jitter? number|string up to so much more time
---@field loss? number share of packets that get lost
---@field duplicate? number share of packets that arrive twice
---@field reorder? number share of packets that later packets overtake
---@field mtu? integer
---@field cost? integer for shortest paths, default 1; 0: only routes use it
---@field back? mtr.SimLink fields that differ in the other direction

--- Of several routes at a node the longest prefix is used; then the latest `after`.
---@class mtr.SimRoute
---@field at string the node
---@field to string a network, a node, or "any": for targets without a shortest path
---@field via string|string[] neighbours; the node balances over several
---@field after? number|string the route exists from this time after the start
---@field before? number|string the route exists until this time

--- The list part is its path: from the node that adds labels to the node behind its end.
---@class mtr.SimTunnel
---@field labels? integer|integer[] on the first link, top first; default 16000
---@field hidden? boolean its nodes do not decrement the TTL
---@field php? boolean the last link has no label; default true

---@class mtr.SimInternet
---@field seed? integer selects the internet
---@field prefixes? integer 1..12000000; default 1000000
---@field silent? number share of routers that never answer; default 0.05
---@field dead? number share of targets that never answer; default 0.1
---@field balanced? number share of hops with 2 to 4 routers; default 0.1
---@field limited? number share of routers with a rate limit; default 0
---@field limit? number|string their ICMP errors per second; default 100
---@field loss? number share of probes; default 0
---@field delay? number|string mean time of a hop; default 4
---@field min_hops? integer default 10, target included
---@field max_hops? integer default 16

local function describe(given)
  if type(given) ~= "table" then
    fault.raise({}, "a network must be a table, got " .. err.show(given))
  end
  local sim = network.new(type(given.seed) == "number" and given.seed or 0)
  sim.hosts = build.fill(sim.c, given)
  return sim
end

local function message(problem)
  local path = fault.show(problem.path)
  return (path == "" and "" or path .. ": ") .. problem.text
end

--- Loads the network that a file of Lua returns: a description, or a network.
---@param path string
---@return mtr.Sim?
---@return string? message with file and line, string? name
function M.load(path)
  local file, _, code = io.open(path, "rb")
  if not file then return err.env(code, "network " .. path) end
  local text = file:read "*a"
  file:close()
  local chunk, syntax = compat.loadstring(text, "@" .. path)
  if not chunk then return err.named("EINVAL", syntax) end
  local ran, given = pcall(chunk)
  if not ran then return err.named("EINVAL", err.text(given)) end
  if network.is(given) then return given end
  local ok, sim = fault.catch(describe, given)
  if ok then return sim end
  return err.named("EINVAL", ("%s:%d: %s"):format(path, fault.line(text, sim.path), message(sim)))
end

--- Makes an internet of any size from a seed. Raises an error if an option is wrong.
---@param opts? mtr.SimInternet
---@return mtr.Sim
function M.internet(opts)
  local struct = lib.new "struct mtr_sim_internet"
  C.mtr_sim_internet_defaults(struct)
  local ok, rest = fault.catch(fields.fields, {}, schema.internet, opts or {}, struct)
  if not ok then error("sim.internet: " .. message(rest), 2) end
  if struct.max_hops < struct.min_hops then
    error(("sim.internet: max_hops %d is below min_hops %d"):format(struct.max_hops,
      struct.min_hops), 2)
  end
  local sim = network.new(rest.seed or 0)
  assert(C.mtr_sim_internet(sim.c, struct) == 0)
  return sim
end

--- Returns the network of an engine's option `sim`: a network, its description, or a file.
---@param value any
---@return mtr.Sim?
---@return string? message, string? name nil: a caller's bug
---@private
function M.from(value)
  if network.is(value) then return value end
  if type(value) == "string" then return M.load(value) end
  local ok, sim = fault.catch(describe, value)
  if ok then return sim end
  return nil, "sim: " .. message(sim)
end

--- Makes a network from a description. Raises an error if the description is wrong.
---@overload fun(given: mtr.SimNetwork): mtr.Sim
return setmetatable(M, { __call = function(_, given)
  local ok, sim = fault.catch(describe, given)
  if not ok then error("sim: " .. message(sim), 2) end
  return sim
end })
