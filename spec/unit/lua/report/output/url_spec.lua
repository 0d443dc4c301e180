-- SPDX-License-Identifier: MIT
--
-- Names of outputs that are served over HTTP, and those of files.
local url = require "mtr.report.output.url"

describe("the name of an output", function()
  for text, want in pairs {
    [":9100"] = { "127.0.0.1", 4, 9100, "/metrics" },
    ["http://127.0.0.1:9100/metrics"] = { "127.0.0.1", 4, 9100, "/metrics" },
    ["http://127.0.0.2:80/"] = { "127.0.0.2", 4, 80, "/metrics" },
    ["http://localhost:0/a/b"] = { "127.0.0.1", 4, 0, "/a/b" },
    ["http://[::1]:65535"] = { "[::1]", 6, 65535, "/metrics" },
  } do
    it("is a URL to serve: " .. text, function()
      local got = url.read(text)
      assert.same(want, { got.host, got.family, got.port, got.path })
    end)
  end

  for _, text in ipairs { "out.prom", "./:9100", ":9100x", "9100", "a:b", "http:/x", "-", "" } do
    it("is a file: " .. text, function() assert.is_nil(url.read(text)) end)
  end

  for _, text in ipairs { "http://127.0.0.1/metrics", "http://127.0.0.1:65536/", ":70000",
    "https://127.0.0.1:1/", "http://example.org:80/", "http://[::1:80/", "http://::1:80/",
    "http://:80/", "http://127.0.0.1:80/a b", "http://127.0.0.1:80/a?b", "ftp://x" } do
    it("cannot be served: " .. text, function()
      local got, message = url.read(text)
      assert.is_false(got)
      assert.truthy(message:find("cannot be served; it must be such as http://127.0.0.1:9100/",
        1, true), message)
    end)
  end

  it("is of this host, unless others are to be served", function()
    for _, host in ipairs { "192.0.2.1", "0.0.0.0", "[::]", "[2001:db8::1]" } do
      local text = ("http://%s:9100/metrics"):format(host)
      local got, message = url.read(text)
      assert.is_false(got)
      assert.truthy(message:find("is not a loopback address; only with the option public", 1, true))
      assert.equal(host, url.read(text, true).host)
    end
    assert.is_false((url.read("http://127.0.0.1/metrics", true)))
  end)
end)
