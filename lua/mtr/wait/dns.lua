-- SPDX-License-Identifier: MIT
--
-- Asks name servers about addresses, in the background: for names, and for texts. Also says which
-- servers the engines ask, and how long. The library does this within the loop of an engine, so
-- nothing here blocks.
--
-- The servers are those of the system, unless set() or $MTR_NAME_SERVERS says others: addresses
-- with or without ports, with commas between them; "none": nobody is asked about addresses.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local pending = require "mtr.wait.pending"

local C = lib.C
local M = {}

---@class mtr.DnsOptions
---@field servers? string
---@field timeout? number ms until a lookup is given up
---@field attempts? integer how often a server is asked in that time

local WHY = {
  ENOENT = "there is none",
  EAGAIN = "no name server answers; check /etc/resolv.conf",
  EBADMSG = "the answer of the name server is damaged, or to another question",
}

---@type mtr.DnsOptions
local chosen
local changes = 0                      -- counts the calls of set()
local given = lib.new "struct mtr_dns"

local function settings()
  if not chosen then
    local servers = os.getenv "MTR_NAME_SERVERS"
    chosen = { servers = servers ~= "" and servers or nil }
  end
  return chosen
end

--- Sets which servers all engines ask from now on.
---@param opts mtr.DnsOptions fields that are nil become those of the system
function M.set(opts) chosen, changes = opts, changes + 1 end

--- Returns how long a question waits at most, in ms.
---@return number
function M.patience() return settings().timeout or 3000 end

--- Tells the library of an engine which servers to ask.
---@param engine mtr.Engine
---@return true?
---@return string? message, string? name
function M.apply(engine)
  if engine.dns_changes == changes then return true end
  local opts = settings()
  C.mtr_dns_defaults(given)
  local servers = opts.servers ~= "none" and opts.servers or ""
  if #servers < 256 then given.servers = servers else return M.bad(servers) end
  given.timeout, given.attempts = opts.timeout or 0, opts.attempts or 0
  given.real = (servers ~= "" or engine.dns_only) and 1 or 0
  local plain = servers == "" and not (opts.timeout or opts.attempts) and given.real == 0
  if plain and not engine.dns_changes then return true end
  local code = C.mtr_dns_use(engine.c, given)
  if code == -err.code.EINVAL then return M.bad(servers) end
  if code < 0 then return err.env(code, "name servers") end
  engine.dns_changes = changes
  return true
end

--- Returns the error for wrong servers.
---@param servers string
---@return nil, string message, string name
function M.bad(servers)
  return err.named("EINVAL", ("%s are no addresses of name servers, such as 192.0.2.53:5353")
    :format(err.show(servers)))
end

---@class mtr.Question: mtr.LookupEntry
---@field texts string[]
local Question = {}
Question.__index = Question

local function start(engine, done, what, ask, ...)
  if settings().servers == "none" and (engine.dns_only or not engine.network) then
    return err.named("EAGAIN", what .. ": name servers are switched off")
  end
  local ok, message, name = M.apply(engine)
  if not ok then return nil, message, name end
  local q = setmetatable({ engine = engine, done = done, what = what, texts = {} }, Question)
  local a, b = ...
  local code = b and ask(engine.c, a, b, pending.take(engine, q))
    or not b and ask(engine.c, a, pending.take(engine, q))
  if code < 0 then
    pending.free(engine, q)
    return err.env(code, what)
  end
  return q
end

--- Asks for the names of an address. Calls done(names, ttl) or done(nil, message, name, ttl) inside
--- a step, as a hook; ttl: for how many seconds that may be believed, 0 if that is not known.
---@param engine mtr.Engine
---@param bytes ffi.cdata* 16 bytes
---@param family integer
---@param what string the address as text, for messages
---@param done function
---@return mtr.Question?
---@return string? message, string? name
function M.reverse(engine, bytes, family, what, done)
  return start(engine, done, what, C.mtr_reverse, bytes, family)
end

--- Asks for the TXT records of a name; otherwise as reverse().
---@param engine mtr.Engine
---@param name string
---@param done function
---@return mtr.Question?
---@return string? message, string? name
function M.text(engine, name, done) return start(engine, done, name, C.mtr_text, name) end

--- Takes one of its events.
---@param e mtr.Event
function Question:resolved(e)
  local done = self.done
  if e.error == 0 then
    local at = C.mtr_ext(self.engine.c) + (e.ext_high * 65536 + e.ext) * 4
    self.texts[#self.texts + 1] = lib.string(at, e.reply_size)
    self.ttl = math.min(self.ttl or math.huge, e.probe)
    if e.ttl > 0 then return end
  end
  local error, seconds = e.error, e.probe
  pending.free(self.engine, self)
  if not done then return end
  if error == 0 then return done(self.texts, self.ttl) end
  local name = err.name(error)
  done(nil, ("%s: %s: %s"):format(name, self.what, WHY[name] or "the resolver failed"), name,
    seconds)
end

--- Lets nobody wait for the answer: a program may end before it has come.
function Question:forget() pending.forget(self.engine, self) end

--- Lets somebody wait for the answer again.
function Question:remember() pending.remember(self.engine, self) end

--- Ends it with ECANCELED, because all traces must end, or the engine closes.
function Question:halt()
  local done = self.done
  self.done = nil
  pending.forget(self.engine, self)
  if done then done(err.named("ECANCELED", "halted while asking for " .. self.what)) end
end

Question.closed = Question.halt

return M
