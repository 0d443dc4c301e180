-- SPDX-License-Identifier: MIT
--
-- The counters of a campaign, served over HTTP on the loopback: Python's client reads them, beside
-- others that are slow, silent, deaf, or send what is no request.
local run = require "spec.support.harness.run"

-- A campaign without end, over a simulated network. It says its port once it runs.
local ENDLESS = [[
local mtr = require "mtr"
local reporter = mtr.report.prometheus(arg[1])
local said = false
mtr.campaign {
  engine = assert(mtr.engine { rate = "max", sim = mtr.sim { nodes = { me = "192.0.2.1",
    web = "203.0.113.9" }, links = { { "me", "web", delay = "1ms" } } } }),
  targets = function() return "203.0.113.9" end, window = 16, reporters = { reporter },
  on_trace = function()
    if said then return end
    said = true
    print(reporter.server.port)
    io.flush()
  end }:run()
]]

describe("a campaign that serves its counters", function()
  teardown(run.clean)

  it("serves many clients, and none of them harms the others", function()
    local got = run.run(('/usr/bin/python3 spec/support/real/clients.py "$MTR_PROGRAM" %s '
      .. "http://127.0.0.1:0/metrics"):format(run.file("endless.lua", ENDLESS)))
    assert.equal("mtrlua: interrupted\n", got.err)
    local seen = require "cjson".decode(got.out)
    assert.truthy(seen["a huge request"]:find "^HTTP/1.1 431 " or seen["a huge request"] == "")
    seen["a huge request"] = nil
    assert.same({
      grows = true, ["beside 200 silent clients"] = true, ["beside half a request"] = true,
      ["half a request, then the rest"] = "HTTP/1.1 200 OK",
      ["beside clients that do not read"] = true, ["another path"] = "HTTP/1.1 404 Not Found",
      ["a post"] = "HTTP/1.1 405 Method Not Allowed", bytes = "HTTP/1.1 400 Bad Request",
      ["a cut request"] = "", ["scrapes at once"] = 400, ["descriptors left"] = 0, status = 143,
    }, seen)
  end)

  it("says that a port is in use, and has status 1", function()
    local got = run.run(([[/usr/bin/python3 -c '
import socket, subprocess, sys
taken = socket.socket()
taken.bind(("127.0.0.1", 0))
taken.listen()
url = "prometheus=http://127.0.0.1:%%d/metrics" %% taken.getsockname()[1]
sys.exit(subprocess.call(sys.argv[1:] + ["-o", url]))' "$MTR_PROGRAM" --sim %s \
      scripts/campaign.lua --prefix 203.0.113.9/32]]):format(run.file("net.lua", [[return {
      nodes = { me = "192.0.2.1", web = "203.0.113.9" }, links = { { "me", "web" } } }]])))
    assert.equal(1, got.status)
    assert.truthy(got.err:find("^campaign: EADDRINUSE: .*: serving http://127%.0%.0%.1:%d+\n"),
      got.err)
  end)
end)
