-- SPDX-License-Identifier: MIT
--
-- A terminal for specs of programs with a full screen: tmux, with a shell of its own,
-- in the prober's network of a lab.
--
--   local t = terminal.open(lab, { columns = 80, rows = 24 })
--   t:type "build/mtrlua live 10.0.0.1\n"
--   local screen = t:wait "reached in %d hops"         -- the text of the screen, once it has that
--   t:key "q"
--   t:close()
--
-- A wait ends as soon as the screen has the pattern; it fails after two minutes or more. One tmux
-- stays attached in control mode (tmux(1)) and runs all commands, whose output comes through a
-- named pipe: a tmux for each command would be hundreds.
local run = require "spec.support.harness.run"

local M = {}

local MOST = 120                       -- seconds of a wait, at least

local Terminal = {}
Terminal.__index = Terminal

function M.missing() return not run.has "tmux" and "needs tmux" or nil end

-- A server that is ending still answers at its socket, so each has a path of its own.
local opened = 0

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- Reads up to the end of the next command's output and returns that; empty if tmux has ended. Lines
-- outside of "%begin TIME NUMBER ..." and "%end TIME NUMBER ..." tell of other things.
local function answer(self)
  local number, list
  for line in self.answers:lines() do
    if not number then
      number, list = line:match "^%%begin (%d+ %d+) ", {}
    elseif (line:match "^%%end (%d+ %d+) " or line:match "^%%error (%d+ %d+) ") == number then
      return table.concat(list)
    else
      list[#list + 1] = line .. "\n"
    end
  end
  return ""
end

-- Runs a command of tmux and returns its output.
local function tmux(self, words)
  self.asks:write(words, "\n")
  self.asks:flush()
  return answer(self)
end

local ATTACH = "{ tmux -S %s -C attach-session -f ignore-size,no-output >%s 2>&1; cat >/dev/null; }"

local function attach(self)
  local answers = run.pipe("tmux.answers" .. opened)
  self.asks = assert(io.popen(ATTACH:format(self.socket, answers), "w"))
  self.answers = assert(io.open(answers))
  answer(self)                                             -- of attach-session itself
end

---@param l lab.Lab
---@param opts { columns?: integer, rows?: integer, env?: string }
function M.open(l, opts)
  opened = opened + 1
  local self = setmetatable({ socket = run.dir() .. "/tmux" .. opened, lab = l }, Terminal)
  local shell = ("env %s PS1='ready> ' bash --norc --noprofile"):format(
    opts.env or "LC_ALL=C.UTF-8 NO_COLOR=")
  local command = ("tmux -S %s -f /dev/null new-session -d -x %d -y %d %s"):format(self.socket,
    opts.columns or 80, opts.rows or 24, quote(shell))
  local got = run.run(l:command(command))
  assert(got.status == 0, got.err)
  attach(self)
  local ok, problem = pcall(self.wait, self, "ready>$")
  if ok then return self end
  self:close()
  error(problem, 2)
end

---Presses keys by the names of tmux: "q", "Tab", "C-c".
function Terminal:key(names)
  tmux(self, "send-keys " .. names)
end

---Types text; a line end is the key Enter.
function Terminal:type(text)
  for line, enter in text:gmatch "([^\n]*)(\n?)" do
    if line ~= "" then tmux(self, "send-keys -l " .. quote(line)) end
    if enter ~= "" then tmux(self, "send-keys Enter") end
  end
end

---The text of the screen; with its colours if `coded`.
function Terminal:text(coded)
  local out = tmux(self, coded and "capture-pane -p -e" or "capture-pane -p")
  return (out:gsub("%s+$", ""))
end

---Is the screen that of a program, and not the shell's?
function Terminal:alternate()
  return tmux(self, "display -p '#{alternate_on}#{cursor_flag}'"):match "^10" ~= nil
end

---Is it the shell's, with a cursor?
function Terminal:plain()
  return tmux(self, "display -p '#{alternate_on}#{cursor_flag}'"):match "^01" ~= nil
end

---Waits until fn() returns a value that is neither nil nor false, and returns it.
function Terminal:until_true(what, fn)
  local tries = MOST * 20
  for _ = 1, tries do
    local value = fn()
    if value then return value end
    run.pause(0.05)
  end
  error(("%s: not on the screen after %d s:\n%s"):format(what, MOST, self:text()), 2)
end

---Waits until the text of the screen has the pattern; returns that text.
function Terminal:wait(pattern)
  return self:until_true(pattern, function()
    local text = self:text()
    return text:find(pattern) and text
  end)
end

---Waits until it has it no more.
function Terminal:wait_gone(pattern)
  return self:until_true("no " .. pattern, function()
    local text = self:text()
    return not text:find(pattern) and text
  end)
end

function Terminal:resize(columns, rows)
  tmux(self, ("resize-window -x %d -y %d"):format(columns, rows))
end

---The process with this name that the shell has started, or that one of those has; or nil.
function Terminal:process(name)
  local shell = tmux(self, "display -p '#{pane_pid}'"):match "%d+"
  local got = run.run(("pgrep -s %s -r R,S,D,T -x %s"):format(shell, name))
  return tonumber(got.out:match "%d+")
end

---Clears the screen of the shell, so that no wait finds what an earlier command has left.
function Terminal:clear()
  self:type "clear\n"
  self:wait "^ready>$"
end

---Runs a command in the shell of the terminal and returns what it prints, in one line. What is
---typed ahead of a shell is on the screen twice, but never at the start of a line.
function Terminal:shell(command)
  self:clear()
  self:type(("printf '<%%s>' \"$(%s)\"\n"):format(command))
  return self:wait("\n<.*>%s*ready>$"):match "\n<(.*)>":gsub("\n", "")
end

---Ends the terminal with all that runs in it.
function Terminal:close()
  tmux(self, "kill-server")
  self.asks:close()
  self.answers:close()
end

return M
