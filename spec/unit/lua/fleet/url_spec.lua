-- SPDX-License-Identifier: MIT
--
-- URLs of a Redis: what they say, and what is wrong with others.
local url = require "mtr.fleet.url"

describe("the URL of a Redis", function()
  for text, parts in pairs {
    ["redis://192.0.2.1"] = { host = "192.0.2.1", port = 6379, database = 0,
      shown = "redis://192.0.2.1:6379/0" },
    ["redis://"] = { host = "127.0.0.1", port = 6379, database = 0,
      shown = "redis://127.0.0.1:6379/0" },
    ["redis://a.example:7000/3"] = { host = "a.example", port = 7000, database = 3,
      shown = "redis://a.example:7000/3" },
    ["redis://[2001:db8::1]:7000"] = { host = "2001:db8::1", port = 7000, database = 0,
      shown = "redis://[2001:db8::1]:7000/0" },
    ["redis://mtr:p%40ss%2F@h/0"] = { host = "h", port = 6379, database = 0, user = "mtr",
      password = "p@ss/", shown = "redis://h:6379/0" },
    ["redis://:secret@h"] = { host = "h", port = 6379, database = 0, password = "secret",
      shown = "redis://h:6379/0" },
    ["unix:///run/redis.sock"] = { path = "/run/redis.sock", database = 0,
      shown = "unix:///run/redis.sock" },
    ["unix://u:p@/run/r%20s.sock?db=2"] = { path = "/run/r s.sock", database = 2, user = "u",
      password = "p", shown = "unix:///run/r%20s.sock" },
  } do
    it("is read: " .. text, function() assert.same(parts, url.read(text)) end)
  end

  for text, message in pairs {
    ["http://h"] = "must begin with redis:// or unix://",
    ["h:6379"] = "must begin with redis:// or unix://",
    [""] = "must begin with redis:// or unix://",
    ["rediss://h"] = "run stunnel beside it",
    ["redis://h:0"] = "there is no port 0",
    ["redis://h:70000"] = "there is no port 70000",
    ["redis://h:x"] = "'h:x' is not HOST or HOST:PORT",
    ["redis://h/x"] = "'x' is not the number of a database",
    ["unix://run/r"] = "begins with '/'",
    ["unix:///r?db=x"] = "'x' is not the number of a database",
  } do
    it("is refused: " .. text, function()
      local read, why = url.read(text)
      assert.is_nil(read)
      assert.truthy(why:find(message, 1, true), why)
    end)
  end
end)
