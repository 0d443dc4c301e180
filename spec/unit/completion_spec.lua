-- SPDX-License-Identifier: MIT
--
-- What `make doc` writes for bash and zsh, tried in a real bash and a real zsh on a terminal.
local runs = require "spec.support.harness.run"
local run = runs.run

-- Types lines into a shell that has loaded the completion. In it mtrlua prints its arguments.
local function complete(shell, start, cases)
  local steps = { "type PS1=; mtrlua() { printf 'got'; printf ' <%s>' \"$@\"; echo .; }; " .. start
    .. "; echo re\"\"ady\\n", "see ready" }
  for _, case in ipairs(cases) do
    steps[#steps + 1] = "type " .. case[1] .. "\\n"
    steps[#steps + 1] = "see got " .. case[2] .. "."
  end
  steps[#steps + 1], steps[#steps + 2] = "type exit 3\\n", "end 3"
  runs.file("steps", table.concat(steps, "\n"))
  local got = run("python3 spec/support/real/typed.py $DIR/steps " .. shell)
  assert.same({ 0, "" }, { got.status, got.err }, got.out)
end

describe("the completion", function()
  setup(function()
    assert.equal("", run("build/mtrlua scripts/doc/main.lua $DIR/doc").err)
    runs.file("a net.lua", "")
  end)
  teardown(runs.clean)

  -- What is typed, with a tab where the shell completes, and the arguments that it becomes.
  local cases = {
    { "mtrlua tra\\t", "<trace>" },
    { "mtrlua --transp\\t mtr-p\\t pi\\t", "<--transport> <mtr-packet> <ping>" },
    { "mtrlua --log warn tra\\t --unr\\t", "<--log> <warn> <trace> <--unreach-continue>" },
    { "mtrlua trace -o car\\t", "<trace> <-o> <caracal>" },
    { "mtrlua mda -o car\\t", "<mda> <-o> <caracal>" },
    { "mtrlua trace -p ud\\t -T --po\\t", "<trace> <-p> <udp> <-T> <--port>" },
    { "mtrlua campaign --targets a\\t", "<campaign> <--targets> <a net.lua>" },
    { "mtrlua --repl\\t", "<--replay>" },
    { "mtrlua fleet sub\\t --poi\\t", "<fleet> <submit> <--points>" },
    { "mtrlua fleet work --excl\\t a\\t", "<fleet> <work> <--exclude> <a net.lua>" },
    { "mtrlua --outp\\t car\\t", "<--output> <caracal>" },
  }

  it("works in bash", function()
    complete("bash --norc --noprofile -i", "cd $DIR; . doc/mtrlua.bash", cases)
  end)

  it("works in zsh", function()
    complete("zsh -f -i", "cd $DIR; fpath=($DIR/doc $fpath); autoload -U compinit; compinit -u -D",
      cases)
  end)
end)
