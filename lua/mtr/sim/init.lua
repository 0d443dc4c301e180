-- SPDX-License-Identifier: MIT
--
-- Simulated networks: what a network does to probes, written down, and an engine over it, in
-- virtual time, with the same packets on its wires as real ones.
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
-- A description may also be in a file that returns it (mtr.sim.load, mtrlua --sim FILE), and
-- mtr.sim.internet{ seed =, prefixes = } is a whole internet. The network does not change; each
-- engine starts it anew, so that the same script sees the same packets every time.
--
-- The words are those of the classes below. Times are ms or "2s", shares are 0..1, and what is not
-- said is ordinary: routers quote all that fits, ports are closed, pings are answered.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local build = require "mtr.sim.build"
local fault = require "mtr.sim.fault"
local network = require "mtr.sim.network"
local fields = require "mtr.sim.fields"
local schema = require "mtr.sim.schema"

local C = lib.C
local M = {}

---@class mtr.SimNetwork
---@field seed? integer of all chance in it, and of who balances what where
---@field source? string the node where probes come from; default "me"
---@field nodes table<string, string|mtr.SimNode> an address alone will do
---@field links mtr.SimLink[]
---@field routes? mtr.SimRoute[] default: shortest paths
---@field tunnels? mtr.SimTunnel[]

--- A host or a router. Its list part are its addresses, the first of each family answering for it,
--- and networks, any address of which it is the target of.
---@class mtr.SimNode
---@field target? boolean listed by targets(); default: every end of the network but the source
---@field silent? boolean sends no ICMP errors
---@field reply? mtr.SimReply how it replies
---@field quote? integer|mtr.SimQuote how it quotes; a number: that many transport bytes
---@field ext? string|mtr.SimExt extensions that it adds; a string: the whole structure, as it is
---@field echo? boolean false: does not answer pings
---@field altered? boolean pongs come with another payload
---@field tcp? string|table<integer|"other", string> "open", "closed" or "filtered"; by port
---@field udp? string|table<integer|"other", string> likewise; what is open answers with data
---@field mss? integer in SYN/ACKs; 0 none
---@field balance? "flow"|"packet"|"target"|"label" over equal routes; label: IPv6 flow label alone
---@field decrement? boolean false: forwards without touching the TTL
---@field zero_ttl? boolean forwards what has TTL 1 instead of answering, with TTL 0
---@field too_big? boolean false: drops what is too big without a word
---@field set_ttl? integer TTL that it gives to what it forwards
---@field set_tos? integer TOS that it gives to what it forwards
---@field nat? string|mtr.SimNat translates source addresses to its own
---@field filter? mtr.SimFilter|mtr.SimFilter[] what it does not let pass; the first that fits

---@class mtr.SimReply
---@field delay? number|string more time than the way takes
---@field jitter? number|string up to so much more
---@field loss? number share of its replies that get lost
---@field rate? number|string ICMP errors per second
---@field burst? integer of them at once; default 1
---@field from? "own"|"target"|"source"|string|string[] whose address they come from; or which
---@field ttl? integer that they start with; default 64 for targets, 255 for others
---@field copies? integer of each
---@field type? integer ICMP type in place of time exceeded
---@field code? integer ICMP code in place of time exceeded's
---@field mtu? integer in packet too big, in place of the link's

--- The list part of `headers`: "hop-by-hop" "routing" "destination" "fragment" "later-fragment"
--- "ah".
---@class mtr.SimQuote
---@field bytes? integer of the transport header and behind; default: all that fit
---@field ttl? integer in place of the true one; so are the others
---@field size? integer
---@field id? integer|"swapped"|"plus" IPv4 identification
---@field checksum? integer of the transport header
---@field headers? string[] IPv6 extension headers put in

--- The list part are objects, in hex: length, class, type, data.
---@class mtr.SimExt
---@field length? integer announced for the quote, in its units; 0: not announced
---@field checksum? "right"|"none"|"wrong"

--- The list part are the outside addresses, one of each family.
---@class mtr.SimNat
---@field quotes? boolean false: leaves what ICMP errors quote as it is
---@field ports? boolean true: changes source ports and echo identifiers too

---@class mtr.SimFilter
---@field answer string|integer "drop", "reset", "answer" (for the target), a word or code of an
--- unreachable ("net" "host" "protocol" "port" "admin" "policy" "reject"...), or, at the source, an
--- errno ("EPERM") with which the send fails
---@field protocol? "icmp"|"udp"|"tcp"
---@field port? integer of the destination
---@field to? string network, node or "any"
---@field share? number of what fits

--- The list part are two nodes, or more in a chain of such links.
---@class mtr.SimLink
---@field delay? number|string
---@field jitter? number|string up to so much more
---@field loss? number share
---@field duplicate? number share that arrives twice
---@field reorder? number share that what comes later overtakes
---@field mtu? integer
---@field cost? integer of shortest paths, default 1; 0: only routes lead over it
---@field back? mtr.SimLink what is different in the other direction

--- Of several routes at a node the longest counts, then the latest.
---@class mtr.SimRoute
---@field at string the node
---@field to string a network, a node, or "any": where there is no shortest path
---@field via string|string[] neighbours; several are balanced over
---@field after? number|string since the start
---@field before? number|string

--- The list part is its path, from the node that puts labels on to the one behind its end.
---@class mtr.SimTunnel
---@field labels? integer|integer[] of the first link, top first; default 16000
---@field hidden? boolean nodes in it do not touch the TTL
---@field php? boolean the last link has no label; default true

---@class mtr.SimInternet
---@field seed? integer which internet
---@field prefixes? integer 1..12000000; default 1000000
---@field silent? number share of routers that never answer; default 0.05
---@field dead? number share of targets that never do; default 0.1
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

--- The network that a file of Lua returns: a description, or one that is made.
---@param path string
---@return mtr.Sim?
---@return string? message with file and line, string? name
function M.load(path)
  local file, _, code = io.open(path, "rb")
  if not file then return err.env(code, "network " .. path) end
  local text = file:read "*a"
  file:close()
  local chunk, syntax = loadstring(text, "@" .. path)
  if not chunk then return err.named("EINVAL", syntax) end
  local ran, given = pcall(chunk)
  if not ran then return err.named("EINVAL", err.text(given)) end
  if network.is(given) then return given end
  local ok, sim = fault.catch(describe, given)
  if ok then return sim end
  return err.named("EINVAL", ("%s:%d: %s"):format(path, fault.line(text, sim.path), message(sim)))
end

--- An internet of any size, from its seed alone. Raises what is wrong with the options.
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

--- What the option `sim` of an engine may be: a network, its description, or a file.
---@param value any
---@return mtr.Sim?
---@return string? message, string? name nil: it is the caller's bug
function M.from(value)
  if network.is(value) then return value end
  if type(value) == "string" then return M.load(value) end
  local ok, sim = fault.catch(describe, value)
  if ok then return sim end
  return nil, "sim: " .. message(sim)
end

--- A network, as it is described. Raises what is wrong with it.
---@overload fun(given: mtr.SimNetwork): mtr.Sim
return setmetatable(M, { __call = function(_, given)
  local ok, sim = fault.catch(describe, given)
  if not ok then error("sim: " .. message(sim), 2) end
  return sim
end })
