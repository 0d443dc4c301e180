-- SPDX-License-Identifier: MIT
--
-- The reporter that writes each result as a JSON document with the layout of mtr --json (0.95), for
-- programs that read that. A host is its name if names were looked up, else its address; a silent
-- hop is "???"; src is the address of this host. ASN is there if origins were looked up.

---@class mtr.Reports
---@field mtr fun(out?: mtr.ReportOut, opts?: mtr.TraceOptions): mtr.Reporter like mtr --json

local view = require "mtr.names.view"
local hub = require "mtr.report.hub"
local json = require "mtr.record.json"
local Sink = require "mtr.report.sink"

local Mtr = {}

local HEAD = [[
{
    "report": {
        "mtr": {
            "src": %s,
            "dst": %s,
            "tos": %d,
            "tests": %d,
            "psize": "%s",
            "bitpattern": "0x00"
        },
        "hubs": [%s]
    }
}
]]

local ASN = '\n                "ASN": %s,'

local HUB = [[

            {
                "count": %d,
                "host": %s,%s
                "Loss%%": %.3f,
                "Snt": %d,
                "Last": %.3f,
                "Avg": %.3f,
                "Best": %.3f,
                "Wrst": %.3f,
                "StDev": %.3f
            }]]

--- Returns the text of a result.
---@param result mtr.Result
---@return string
function Mtr:text(result)
  local hubs, tests = {}, 0
  for ttl, hop in ipairs(result.hops) do
    if not hop.skipped then
      local h = hub.new(ttl)
      hub.add(h, hop)
      tests = math.max(tests, h.sent)
      local origin = rawget(hop, "origin")
      local asn = origin and ASN:format(json.encode(view.origin(origin)))
      hubs[#hubs + 1] = HUB:format(ttl, json.encode(rawget(hop, "name") or h.hosts[1] or "???"),
        asn or "", hub.loss(h), h.sent,
        h.last, h.mean, h.best, h.worst, hub.deviation(h))
    end
  end
  local list = hubs[1] and table.concat(hubs, ",") .. "\n        " or ""
  return HEAD:format(json.encode(result.src or "?"), json.encode(result.target),
    self.opts.tos or 0, tests, result.size or 0, list)
end

return Sink.reporter("mtr", Mtr)
