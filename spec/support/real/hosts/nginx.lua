-- SPDX-License-Identifier: MIT
--
-- Runs the script in a request to nginx, beside a timer of 10 ms in its only worker.
local nginx = require "spec.support.real.nginx"
local run = require "spec.support.harness.run"

assert(not nginx.missing(), nginx.missing())
local server = nginx.start {
  init = [[sockets = require("mtr").sockets.open()]],
  init_worker = [[
    require "mtr.host"
    ticks = 0
    ngx.timer.every(0.01, function() ticks = ticks + 1 end)
  ]],
  locations = { ["/"] = [[
    require("mtr").configure { sockets = sockets }
    local before = ticks
    require "spec.support.real.hosts.script" (function(...)
      ngx.say(table.concat({ ... }, "\t"))
    end)
    ngx.say("ticks\t", ticks - before)
  ]] },
}
io.write((server:get "/"))
server:stop()
io.stderr:write(server:log())
run.clean()
