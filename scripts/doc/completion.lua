-- SPDX-License-Identifier: MIT
--
-- Writes what bash and zsh need to complete the command line of mtrlua: the programs, their options
-- with short descriptions, and the words that can be values of options. All of it comes from the
-- help texts.

local report = require "mtr.report"

local M = {}

-- Returns the words that an option can have, if its description ends with a list of them: "which
-- messages to print: error, warn, info, debug".
local function words_in(text)
  local list, words = text:gsub(" %(default%)", ""):match ": ([^:]*)$", {}
  for word in (list or ""):gmatch "[^,]+" do
    words[#words + 1] = word:match "^ ?([%w-]+)$" or " "
  end
  local all = table.concat(words, " ")
  return #words > 1 and not all:find("  ", 1, true) and not all:find "^ " and all or nil
end

-- Returns how the value of an option is completed: "files", "interfaces", words, or nil.
local function values(program, option)
  if option.value and option.value:find "^FORMAT" then
    local words = report.words(program)
    return table.concat(words[1] and words or report.formats(), " ")
  elseif option.value == "FILE" or option.value == "PATH" then
    return "files"
  elseif option.spec:find "%-%-interface" then
    return "interfaces"
  end
  return option.value and words_in(option.text)
end

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- The first part of a description is enough beside an option.
local function brief(text)
  if words_in(text) then text = text:match "^(.*): " end
  text = text:match "^(.-); " or text:gsub(" %([^()]*%)$", "")
  return #text > 60 and text:sub(1, 57):gsub("%s+%S*$", "") .. "..." or text
end

local BASH = {
  files = 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")',
  interfaces = 'mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net)" -- "$cur")',
  words = "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")",
}

-- Adds the values of the options of one program to `cases`: the patterns for each action. Returns
-- the names of the options.
local function bash_options(cases, name, options)
  local all = {}
  for _, option in ipairs(options) do
    local how = values(name, option)
    local action = how and (BASH[how] or BASH.words:format(how)) or ":"
    if option.value and not cases[action] then
      cases[#cases + 1], cases[action] = action, {}
    end
    for _, word in ipairs(option.names) do
      all[#all + 1] = word
      if option.value then table.insert(cases[action], name .. ":" .. word) end
    end
  end
  return table.concat(all, " ")
end

--- Returns the file for bash.
---@param mtrlua table the help text of mtrlua, from help.read
---@param programs { name: string, title: string, help: table }[]
---@return string
function M.bash(mtrlua, programs)
  local cases, valued, by_program, names, commanded = {}, {}, {}, {}, {}
  local options = bash_options(cases, "", mtrlua.options)
  for _, option in ipairs(mtrlua.options) do
    if option.value then valued[#valued + 1] = table.concat(option.names, "|") end
  end
  for i, program in ipairs(programs) do
    names[i] = program.name
    local all = bash_options(cases, program.name, program.help.options)
    local commands = {}
    for j, command in ipairs(program.commands) do
      local name = program.name .. "-" .. command.name
      commands[j] = command.name
      by_program[#by_program + 1] = ("    %s) options='%s' ;;"):format(name,
        bash_options(cases, name, command.help.options))
    end
    if commands[1] then commanded[#commanded + 1] = program.name end
    by_program[#by_program + 1] = ("    %s) options='%s' commands='%s' ;;"):format(program.name,
      all, table.concat(commands, " "))
  end
  for i, action in ipairs(cases) do
    cases[i] = ("    %s)\n      %s; return ;;"):format(table.concat(cases[action], "|"), action)
  end
  return (([=[
# Completes the command line of mtrlua in bash. Made by scripts/doc.
_mtrlua() {
  local cur=${COMP_WORDS[COMP_CWORD]} before=$((COMP_CWORD - 1)) program='' options commands i
  [[ $cur == = ]] && cur=''
  [[ ${COMP_WORDS[before]} == = ]] && before=$((before - 1))
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
    VALUED) [[ ${COMP_WORDS[i + 1]} == = ]] && i=$((i + 1)); i=$((i + 1)) ;;
    -*) ;;
    *) program=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $program in
    COMMANDED) ((i + 1 < COMP_CWORD)) && program+=-${COMP_WORDS[i + 1]} ;;
  esac
  case $program:${COMP_WORDS[before]} in
CASES
  esac
  case $program in
    '') options='OPTIONS' commands='' ;;
PROGRAMS
  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  elif [[ -z $program ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -W 'NAMES' -- "$cur"; compgen -f -X '!*.lua' -- "$cur")
  elif [[ $commands ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
  else
    compopt -o default
    mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")
  fi
}
complete -F _mtrlua mtrlua
]=]):gsub("%f[%u]%u+%f[%U]", { VALUED = table.concat(valued, "|"),
    COMMANDED = table.concat(commanded, "|"),
    CASES = table.concat(cases, "\n"), OPTIONS = options, PROGRAMS = table.concat(by_program, "\n"),
    NAMES = table.concat(names, " ") }))
end

-- Returns an option as _arguments of zsh wants it.
local function zsh_option(name, option)
  local about = brief(option.text):gsub("[%[%]:\\]", "\\%0")
  local how, value = values(name, option), ""
  if how == "files" then value = "_files"
  elseif how == "interfaces" then value = "_net_interfaces"
  elseif how then value = "(" .. how .. ")" end
  value = option.value and (":%s:%s"):format(option.value, value) or ""
  local list, specs = table.concat(option.names, " "), {}
  local before = option.more and "*" or #option.names > 1 and "(" .. list .. ")" or ""
  for i, word in ipairs(option.names) do
    specs[i] = quote(("%s%s[%s]%s"):format(before, word, about, value))
  end
  return table.concat(specs, " ")
end

local function zsh_options(name, options, indent)
  local lines = {}
  for i, option in ipairs(options) do lines[i] = zsh_option(name, option) end
  return table.concat(lines, " \\\n" .. (" "):rep(indent))
end

-- Returns what zsh does behind the name of a program, or behind a command of one.
local function zsh_case(name, program, indent)
  local blank = (" "):rep(indent)
  if not program.commands or not program.commands[1] then
    return ("%s%s)\n%s  _arguments -s %s \\\n%s    '*:target:_hosts' ;;"):format(blank,
      program.name, blank, zsh_options(name, program.help.options, indent + 4), blank)
  end
  local words, cases = {}, {}
  for i, command in ipairs(program.commands) do
    words[i] = quote(command.name .. ":" .. command.title:match "^[^,:]*")
    cases[i] = zsh_case(name .. "-" .. command.name, command, indent + 4)
  end
  return ([[
    %s)
      if (( CURRENT == 2 )); then
        local -a commands=(%s)
        _describe command commands
        return
      fi
      shift words; (( CURRENT-- ))
      case $words[1] in
%s
      esac ;;]]):format(program.name, table.concat(words, " "), table.concat(cases, "\n"))
end

--- Returns the file for zsh.
---@param mtrlua table the help text of mtrlua, from help.read
---@param programs { name: string, title: string, help: table }[]
---@return string
function M.zsh(mtrlua, programs)
  local names, cases = {}, {}
  for i, program in ipairs(programs) do
    names[i] = quote(program.name .. ":" .. program.title:match "^[^,:]*")
    cases[i] = zsh_case(program.name, program, 4)
  end
  return ([[
#compdef mtrlua
# Completes the command line of mtrlua in zsh. Made by scripts/doc.
local context state state_descr line
typeset -A opt_args
_arguments -C %s \
  '1:program:->program' '*::argument:->argument' && return
case $state in
program)
  local -a programs=(%s)
  _describe program programs
  _files -g '*.lua' ;;
argument)
  case $words[1] in
%s
    *) _files ;;
  esac ;;
esac
]]):format(zsh_options("", mtrlua.options, 2), table.concat(names, " "), table.concat(cases, "\n"))
end

return M
