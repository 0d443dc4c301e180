-- SPDX-License-Identifier: MIT
--
-- Stop sets that workers share: what others add, and how much of it is kept.
local stops = require "mtr.fleet.stops"

-- Stop sets whose link gives these entries of the stream, once.
local function shared(entries)
  local sent, link = {}, {}
  link.connection = { send = function(_, done)
    local list = entries
    entries = {}
    if list[1] then done { { "key", list } } end
  end }
  function link:complain() return self end
  function link:post(words) sent[#sent + 1] = words return self ~= nil end
  local self = stops.new(link, "s", "me")
  self:exchange()
  return self, sent
end

local function entry(id, worker, lines)
  return { id, { "worker", worker, "add", table.concat(lines, "\n") } }
end

describe("shared stop sets", function()
  it("have what other workers add, and not what this one added", function()
    local self = shared { entry("1-1", "you", { "10.0.0.0/24 192.0.2.1", "10.0.0.0/24 192.0.2.2" }),
      entry("1-2", "me", { "10.0.1.0/24 192.0.2.3" }), entry("1-3", "you", { "nothing", "" }) }
    assert.same({ ["10.0.0.0/24"] = { ["192.0.2.1"] = true, ["192.0.2.2"] = true } },
      self.state.global)
    assert.equal(2, self.received)
  end)

  it("send what is new here", function()
    local self, sent = shared {}
    self.state.added("10.0.0.0/24", "192.0.2.9")
    self:exchange()
    assert.equal(1, #sent)
    assert.equal("10.0.0.0/24 192.0.2.9", sent[1][#sent[1]])
  end)

  it("have a bound, however many prefixes and addresses others add", function()
    local lines = {}
    for i = 1, 20000 do
      lines[i] = ("10.%d.%d.0/24 192.0.2.1"):format(math.floor(i / 256), i % 256)
    end
    for i = 1, 2000 do
      lines[#lines + 1] = ("10.78.32.0/24 192.0.%d.%d"):format(math.floor(i / 256), i % 256)
    end
    local self, prefixes, most = shared { entry("1-1", "you", lines) }, 0, 0
    for _, seen in pairs(self.state.global) do
      local n = 0
      for _ in pairs(seen) do n = n + 1 end
      prefixes, most = prefixes + 1, math.max(most, n)
    end
    assert.same({ 4096, 256 }, { prefixes, most })
    assert.is_nil(self.state.global["10.0.1.0/24"])
    assert.truthy(self.state.global["10.78.32.0/24"])
  end)
end)
