-- SPDX-License-Identifier: MIT
--
-- The reporter that writes a table like mtr --report: for each target the hops, with the share of
-- probes that was not answered, and RTTs in ms. If origins were looked up, the AS numbers are
-- before the hosts, as with mtr -z. All results of a target are counted together, and all tables
-- are written at the end.
--
-- Its memory grows with the number of targets, so it is for hundreds of targets, not for millions.
-- In a state, the hubs of a target are one text, which is made again only when they have changed.

---@class mtr.Reports
---@field table fun(out?: mtr.ReportOut, opts?: mtr.SinkOptions): mtr.Reporter like mtr --report

local view = require "mtr.names.view"
local hub = require "mtr.report.hub"
local Sink = require "mtr.report.sink"

local WIDTH, ORIGIN = 28, 12           -- of the columns of addresses and of AS numbers

---@class mtr.TableReporter: mtr.Reporter
---@field list { target: string, dst: string, src?: string, hubs: mtr.Hub[], saved?: string }[] in
--- order; saved: the hubs as text
---@field index table<string, table> the same by target and address
---@field shown table<string, string> addresses with their names, by address
---@field origins table<string, string> what announces them, by address
local Table = {}

local function key(entry) return entry.target .. "\n" .. entry.dst end

local function entry_of(self, result)
  local entry = self.index[key(result)]
  if not entry then
    entry = { target = result.target, dst = result.dst, src = result.src, hubs = {} }
    self.list[#self.list + 1], self.index[key(result)] = entry, entry
  end
  return entry
end

-- Returns the hub of a TTL; hubs are in the order of TTL.
local function hub_of(hubs, ttl)
  local i = #hubs
  while i > 0 and hubs[i].ttl > ttl do i = i - 1 end
  if i > 0 and hubs[i].ttl == ttl then return hubs[i] end
  table.insert(hubs, i + 1, hub.new(ttl))
  return hubs[i + 1]
end

--- Counts one result.
---@param result mtr.BorrowedResult
function Table:trace(result)
  local entry = entry_of(self, result)
  entry.saved = nil
  for ttl, hop in ipairs(result.hops) do
    if not hop.skipped then
      hub.add(hub_of(entry.hubs, ttl), hop)
      for _, reply in ipairs(hop.replies) do
        self.shown[reply.addr] = view.host(reply)
        self.origins[reply.addr] = view.as(reply)
      end
    end
  end
  return true
end

local function line(name, ...)
  return ("%s%s%6.1f%% %5d %6.1f %6.1f %6.1f %6.1f %6.1f\n"):format(name,
    (" "):rep(WIDTH + 8 - #name), ...)
end

-- Returns what stands before the first host of a hop, and before others.
local function marks(ttl, host, origins)
  if not next(origins) then return ("%3d.|-- "):format(ttl), "    |   " end
  local as = origins[host] or host and "AS???" or ""
  return ("%3d. %-" .. ORIGIN .. "s "):format(ttl, as), (" "):rep(6 + ORIGIN)
end

local function text(entry, shown, origins)
  local head = "HOST: " .. Sink.plain(entry.src or "?")
  local out = { ("to %s (%s)\n"):format(Sink.plain(entry.target), entry.dst),
    ("%s%s  Loss%%   Snt   Last    Avg   Best   Wrst  StDev\n"):format(head,
      (" "):rep(WIDTH + 8 - #head)) }
  for _, h in ipairs(entry.hubs) do
    local host = h.hosts[1]
    local mark, other = marks(h.ttl, host, origins)
    out[#out + 1] = line(mark .. (shown[host] or host or "???"), hub.loss(h), h.sent, h.last,
      h.mean, h.best, h.worst, hub.deviation(h))
    for i = 2, #h.hosts do
      out[#out + 1] = other .. (shown[h.hosts[i]] or h.hosts[i]) .. "\n"
    end
  end
  return table.concat(out)
end

--- Writes the tables and closes the file.
function Table:finish()
  local ok, message, name = true, nil, nil
  for i, entry in ipairs(self.list) do
    local lines = ok and (i > 1 and "\n" or "") .. text(entry, self.shown, self.origins)
    if lines then ok, message, name = self.sink:write(lines) end
  end
  return self.sink:end_with(ok, message, name)
end

--- Returns all counters.
function Table:save()
  local data, fd, name = self.sink:save()
  if not data then return nil, fd, name end
  data.list = {}
  for i, e in ipairs(self.list) do
    e.saved = e.saved or hub.save(e.hubs)
    data.list[i] = { e.target, e.dst, e.src or "", e.saved }
  end
  return data, fd
end

--- Goes on with the counters that save() has returned.
---@param data table
function Table:restore(data)
  for i, words in ipairs(data.list) do
    local entry = { target = words[1], dst = words[2], src = words[3] ~= "" and words[3] or nil,
      saved = words[4], hubs = hub.load(words[4]) }
    self.list[i], self.index[key(entry)] = entry, entry
  end
  return self.sink:restore(data)
end

local M = Sink.reporter("table", Table)
local new = M.new

--- Makes a reporter.
---@param out? mtr.ReportOut
---@param opts? mtr.SinkOptions
---@return mtr.TableReporter
function M.new(out, opts)
  local self = new(out, opts)
  self.list, self.index, self.shown, self.origins = {}, {}, {}, {}
  return self
end

return M
