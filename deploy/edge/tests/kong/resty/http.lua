-- What the lines of kong.yaml call of lua-resty-http, which Debian has not.
local Client = {}
Client.__index = Client

local function insensitive(headers)
  return setmetatable({}, { __index = function(_, name) return headers[string.lower(name)] end })
end

function Client.new() return setmetatable({}, Client) end

function Client:set_timeouts(connect, send, read) self.timeouts = { connect, send, read } end

function Client:request_uri(uri, asked)
  local host, port, path = string.match(uri, "^http://([^:/]+):(%d+)(/.*)$")
  local socket = ngx.socket.tcp()
  socket:settimeouts(unpack(self.timeouts))
  local connected, refused = socket:connect(host, tonumber(port))
  if not connected then return nil, refused end
  local lines = { asked.method .. " " .. path .. " HTTP/1.1", "Host: " .. host, "Connection: close" }
  for name, value in pairs(asked.headers) do
    for _, each in ipairs(type(value) == "table" and value or { value }) do
      lines[#lines + 1] = name .. ": " .. each
    end
  end
  socket:send(table.concat(lines, "\r\n") .. "\r\n\r\n")
  local answer, failed = socket:receive("*a")
  socket:close()
  if not answer then return nil, failed end
  local head, body = string.match(answer, "^(.-)\r\n\r\n(.*)$")
  local headers = {}
  for name, value in string.gmatch(head, "\r\n([^:]+): *([^\r]*)") do headers[string.lower(name)] = value end
  return { status = tonumber(string.match(head, "^HTTP/1.1 (%d+)")), headers = insensitive(headers), body = body }
end

return Client
