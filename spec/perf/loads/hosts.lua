-- SPDX-License-Identifier: MIT
--
-- Runs a function in the host in which this file is loaded, and then ends the host. The function
-- gets one that makes, for a descriptor, a function that waits until it is readable, as the host
-- does that by itself. The environment HOST names the host.
local vim = rawget(_G, "vim")

local M = {}

-- With a poll handle of libuv, whose callback resumes the coroutine.
local function poller(uv)
  return function(fd)
    local co, poll = coroutine.running(), uv.new_poll(fd)
    local waits = false
    poll:start("r", function()
      if not waits then return end
      waits = false
      assert(coroutine.resume(co))
    end)
    return function()
      waits = true
      coroutine.yield()
    end
  end
end

function M.luv(fn)
  local uv = require "luv"
  coroutine.wrap(function()
    fn(poller(uv))
    os.exit(0)
  end)()
  uv.run()
end

function M.neovim(fn)
  coroutine.wrap(function()
    fn(poller(vim.loop))
    vim.cmd "qa!"
  end)()
end

function M.cqueues(fn)
  local cqueues = require "cqueues"
  local cq = cqueues.new()
  cq:wrap(function()
    fn(function(fd)
      local watched = { pollfd = fd, events = "r" }
      return function() cqueues.poll(watched) end
    end)
    os.exit(0)
  end)
  assert(cq:loop())
end

function M.tarantool(fn)
  local iowait = require "socket".iowait
  fn(function(fd)
    return function() iowait(fd, "R") end
  end)
  os.exit(0)
end

return M[os.getenv "HOST"]
