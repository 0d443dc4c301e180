-- SPDX-License-Identifier: MIT
--
-- What HTTP clients are answered, for whole, partial and wrong requests.
local request = require "mtr.report.output.request"

local function answer(text)
  return request.answer(text, "/metrics", function() return "a 1\n" end)
end

local GOOD = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
  .. "Content-Length: 4\r\nConnection: close\r\n\r\n"

describe("a request", function()
  for _, text in ipairs {
    "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "GET /metrics HTTP/1.0\n\n",
    "GET /metrics?x=1 HTTP/1.1\r\nAccept: */*\r\n\r\n",
    "GET http://127.0.0.1:9100/metrics HTTP/1.1\r\n\r\nmore",
  } do
    it("is answered with the text: " .. text:match "[^\r\n]*", function()
      assert.equal(GOOD .. "a 1\n", answer(text))
    end)
  end

  it("for the head alone gets the same head, of another path too", function()
    assert.equal(GOOD, answer "HEAD /metrics HTTP/1.1\r\n\r\n")
    assert.truthy(answer("HEAD /other HTTP/1.1\r\n\r\n"):find "^HTTP/1.1 404 .*\r\n\r\n$")
  end)

  for text, status in pairs {
    ["GET / HTTP/1.1\r\n\r\n"] = 404, ["GET /metricsx HTTP/1.1\r\n\r\n"] = 404,
    ["POST /metrics HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"] = 405,
    ["DELETE /metrics HTTP/1.1\r\n\r\n"] = 405,
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] = 505,
    ["\22\3\1\2\0\1\0\1\252\3\3"] = 400, ["get /metrics HTTP/1.1\r\n\r\n"] = 400,
    ["GET /metrics\r\n\r\n"] = 400, ["GET  /metrics HTTP/1.1\r\n\r\n"] = 400,
    ["GET /me trics HTTP/1.1\r\n\r\n"] = 400, ["\r\n\r\n"] = 400, ["\0"] = 400,
    ["GET /metrics HTTP/1.1\r\n" .. ("A: b\r\n"):rep(1400)] = 431,
    [("G"):rep(request.LONGEST)] = 431,
  } do
    it(("is refused with %d: %q"):format(status, text:sub(1, 30)), function()
      assert.truthy(answer(text):find("^HTTP/1%.1 " .. status .. " .*Connection: close\r\n"))
    end)
  end

  it("that is refused for its method says which ones there are", function()
    assert.truthy(answer("PUT /metrics HTTP/1.1\r\n\r\n"):find "\r\nAllow: GET, HEAD\r\n")
  end)

  it("that is not whole is waited for", function()
    local text = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    for n = 0, #text - 1 do assert.is_nil(answer(text:sub(1, n))) end
    assert.truthy(answer(text))
  end)
end)
