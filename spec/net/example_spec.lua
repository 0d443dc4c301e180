-- SPDX-License-Identifier: MIT
--
-- The example at the top of core/mtr.h compiles as it stands there, and traces loopback.
local runs = require "spec.support.harness.run"
local loopback = require "spec.support.real.loopback"
local run = runs.run

-- The indented lines of the header's first comment, as one program.
local function example()
  local header = assert(io.open "core/mtr.h"):read "*a"
  local lines = {}
  for line in header:match("^/%*(.-)%*/"):gmatch "[^\n]+" do
    lines[#lines + 1] = line:match "^ %*   (.*)"
  end
  return table.concat(lines, "\n") .. "\n"
end

local missing = loopback.missing()

describe("the example of mtr.h", function()
  teardown(runs.clean)

  it("prints the one hop of 127.0.0.1", function()
    if missing then return pending(missing) end
    runs.file("example.c", example())
    local built = run("gcc -std=c11 -Wall -Wextra -Wconversion -Werror -Icore -o $DIR/example "
      .. "$DIR/example.c build/libmtr.so -Wl,-rpath,$PWD/build")
    assert.equal("", built.err)
    local got = run "$DIR/example"
    assert.equal("", got.err)
    assert.equal(0, got.status)
    assert.truthy(got.out:find "^1 127%.0%.0%.1 %d+%.%d+ ms\n$", got.out)
  end)
end)
