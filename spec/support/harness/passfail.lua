-- SPDX-License-Identifier: MIT
--
-- busted's terminal report, closed by the line "N passed, N failed, N skipped" that .ci/run adds
-- up. Errors count as failures: a spec file that cannot be loaded has failed. busted's own exit
-- status is the number of failures modulo 256, so this handler exits with 1 itself.
local terminal = require "busted.outputHandlers.plainTerminal"

return function(options)
  local busted = require "busted"
  local handler = terminal(options)
  busted.subscribe({ "exit" }, function()
    local failed = handler.failuresCount + handler.errorsCount
    io.write(("%d passed, %d failed, %d skipped\n"):format(
      handler.successesCount, failed, handler.pendingsCount))
    io.flush()
    if failed > 0 then
      os.exit(1, true)
    end
    return nil, true
  end, { priority = 100000 })
  return handler
end
