-- SPDX-License-Identifier: MIT
--
-- A fleet over TLS, as scripts/FLEET.md says: a real redis-server that speaks nothing else, and a
-- stunnel beside the programs, which they reach by a unix socket.
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

describe("a fleet over TLS", function()
  local fleet, port

  before_each(function()
    local got = run.run [[cd $DIR && openssl req -x509 -newkey ec -pkeyopt \
      ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 30 \
      -subj /CN=redis.example -addext subjectAltName=DNS:redis.example]]
    assert.equal(0, got.status, got.err)
    fleet = fleets.up("--tls-cert-file cert.pem --tls-key-file key.pem --tls-auth-clients no")
    port = assert(fleet.server:listen "tls-port")
  end)

  after_each(function() fleet:down() end)

  -- Starts a stunnel with the lines of scripts/FLEET.md; the programs use it from now on.
  local function tunnel(host)
    local dir = run.dir()
    local text = run.read "scripts/FLEET.md":match "\n(%[redis%]\nclient = yes\n.-)```"
    for from, to in pairs { ["/run/mtr/redis.sock"] = dir .. "/tls.sock",
      ["redis.example:6380"] = "127.0.0.1:" .. port, ["CAfile = %S+"] = "CAfile = " .. dir
      .. "/cert.pem", ["checkHost = %S+"] = "checkHost = " .. host } do
      local n
      text, n = text:gsub(from, to)
      assert.equal(1, n, from)
    end
    local conf = run.file("stunnel.conf", "foreground = yes\npid =\n" .. text)
    local program = redis.start("stunnel4 " .. conf, dir .. "/stunnel.log")
    redis.await("its socket", function()
      return os.rename(dir .. "/tls.sock", dir .. "/tls.sock") or program:ended()
    end)
    fleet.url = "unix://" .. dir .. "/tls.sock"
    return program
  end

  it("submits, works and drains through stunnel", function()
    local program = tunnel "redis.example"
    fleet:good("submit", "s --prefix 1.0.0.0/26 --lease 16")
    fleet:good("work", "--name a --once")
    assert.equal(64, (fleets.dsts(fleet:drained "s")))
    program:kill(15)
  end)

  it("reaches no server of another name", function()
    local program = tunnel "other.example"
    local submission = fleet:start("submit", "s --prefix 1.0.0.0/26")
    submission:says "trying again"
    submission:kill(15)
    program:kill(15)
    assert.equal("", fleet:redis "KEYS '*'")
  end)
end)
