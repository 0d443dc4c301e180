std = "luajit+busted"
max_line_length = 100
include_files = { "lua/**/*.lua", "scripts/**/*.lua", "spec/**/*.lua", "spec/lab/lab",
  "spec/lab/fakenet/fakenet", ".busted" }
files["scripts/nvim"] = { globals = { "vim" } }
