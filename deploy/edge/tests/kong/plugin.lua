-- Runs a pre-function as Kong does: with the functions of Kong that it calls, here over nginx's own, and
-- with no other names than those that Kong's sandbox has.
local cjson = require("cjson.safe")

local function exit(status, body, headers)
  ngx.status = status
  for name, value in pairs(headers or {}) do ngx.header[name] = value end
  if type(body) == "table" then
    ngx.header["Content-Type"] = "application/json"
    body = cjson.encode(body)
  end
  ngx.print(body)
  return ngx.exit(status)
end

local function path() return (string.gsub(ngx.var.request_uri, "?.*", "")) end

local environment = {
  ipairs = ipairs,
  pairs = pairs,
  string = { lower = string.lower, gsub = string.gsub },
  require = function(name)
    assert(name == "resty.http", name .. " is not allowed within the sandbox")
    return require(name)
  end,
  ngx = { req = { get_headers = ngx.req.get_headers } },
  kong = {
    client = { get_ip = function() return ngx.var.remote_addr end },
    request = {
      get_method = ngx.req.get_method,
      get_raw_path = path,
      get_raw_query = function() return ngx.var.args or "" end,
    },
    response = { exit = exit },
    service = {
      request = { clear_header = ngx.req.clear_header, set_header = ngx.req.set_header },
    },
  },
}

return function(file)
  local chunk = assert(loadfile(file))
  return setfenv(chunk, environment)()
end
