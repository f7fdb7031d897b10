-- Gives the file of the path in pieces, each flushed: what comes whole before the server looks would else get a length.
function handle(r)
  local file = io.open("@SITE@/files/" .. r.uri:match("^/chunked/(.*)$"), "rb")
  r.content_type = "application/octet-stream"
  while true do
    local piece = file:read(10000)
    if piece == nil then break end
    r:write(piece)
    r:flush()
  end
  file:close()
  return apache2.OK
end
