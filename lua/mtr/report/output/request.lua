-- SPDX-License-Identifier: MIT
--
-- Answers the requests of HTTP clients for one text at one path: GET and HEAD, nothing else. Every
-- answer ends the connection. A request is at most 8 KiB; what follows its head is not read.

local M = {}

--- The longest request, in bytes.
M.LONGEST = 8192

local WORDS = {
  [200] = "OK", [400] = "Bad Request", [404] = "Not Found", [405] = "Method Not Allowed",
  [431] = "Request Header Fields Too Large", [505] = "HTTP Version Not Supported",
}

local function answer(status, body, no_body)
  local title = status .. " " .. WORDS[status]
  local kind = status == 200 and "text/plain; version=0.0.4; charset=utf-8" or "text/plain"
  body = body or title .. "\n"
  return ("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%sConnection: close\r\n\r\n%s")
    :format(title, kind, #body, status == 405 and "Allow: GET, HEAD\r\n" or "",
      no_body and "" or body)
end

-- Returns the path that a request asks for; it may be written as a whole URL.
local function path_of(target) return (target:gsub("^http://[^/]*", ""):gsub("%?.*", "")) end

--- Returns the answer to what a client has sent so far; nil: the request is not whole yet.
---@param text string
---@param path string
---@param body fun(): string makes the text
---@return string?
function M.answer(text, path, body)
  local line = text:match "^([^\r\n]*)\r?\n"
  local method, target, version = (line or ""):match "^(%u+) (%S+) HTTP/(%d%.%d)$"
  if line and not method or text:find "^[^%u]" then return answer(400) end
  if version and version:sub(1, 1) ~= "1" then return answer(505) end
  if not text:find "\n\r?\n" then return #text >= M.LONGEST and answer(431) or nil end
  local head = method == "HEAD"
  if method ~= "GET" and not head then return answer(405) end
  if path_of(target) ~= path then return answer(404, nil, head) end
  return answer(200, body(), head)
end

return M
