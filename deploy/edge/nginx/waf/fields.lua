-- Reads the body of a request with a prompt once, and keeps what is neither text for a model nor a
-- plain word as tx.field_NUMBER_PLACE, for the core rules. prompts.conf says why.
--
-- ModSecurity's own reader of JSON keeps every value under its name in a table whose hash is the sum of
-- the name's letters: the names of a conversation's values fall on a few places of it, so its time grows
-- with the square of their number (3.0.9: 14 seconds for 100,000). This one skips text where it lies.
--
-- It is strict, because what it takes for text another reader must not take for a field: UTF-8, one
-- value, no backslash outside of strings. Two members of one name are both looked at. Whatever it does
-- not understand is refused: tx.body_read is set last, and prompts.conf refuses what lacks it, also
-- when this script fails.

local MOST_VALUES = 200000 -- objects and lists count too
local MOST_FIELDS = 200
local MOST_BYTES = 512 * 1024 -- of all fields: the core rules take a second for each megabyte
local MOST_DEPTH = 256

-- What a part of a body is: WHOLE is text whatever is in it, TEXT only where it is a string.
local WHOLE = { whole = true }
local TEXT = { text = true }
local function object(members) return { members = members } end
local function list(each) return { each = each } end
local function names_free(part) part.names_free = true return part end

local nested_inputs = { text = true }
nested_inputs.each = nested_inputs
local input = {
  text = true,
  each = { text = true, each = nested_inputs, members = { content = WHOLE, arguments = WHOLE, output = WHOLE, summary = WHOLE } },
}
local described = { description = WHOLE, parameters = WHOLE, input_schema = WHOLE }
local tool = object { description = WHOLE, parameters = WHOLE, input_schema = WHOLE, ["function"] = object(described) }
local shape = object { schema = WHOLE, description = WHOLE }
local call = object { ["function"] = object { arguments = TEXT } }

-- Names are words, but for those below parts that users name the members of.
local BODY = object {
  messages = names_free(list(object { content = WHOLE, reasoning_content = WHOLE, refusal = WHOLE, tool_calls = list(call) })),
  prompt = WHOLE,
  system = WHOLE,
  stop = WHOLE,
  stop_sequences = WHOLE,
  tokens = WHOLE,
  suffix = TEXT,
  instructions = TEXT,
  input = names_free(input),
  tools = names_free(list(tool)),
  response_format = names_free(object { json_schema = shape }),
  text = names_free(object { format = shape }),
  output_config = names_free(object { format = shape }),
  output_format = names_free(shape),
}
local NOTHING = {}

local byte, find, match, sub = string.byte, string.find, string.match, string.sub
local QUOTE, OPEN_OBJECT, OPEN_LIST, CLOSE_OBJECT, CLOSE_LIST, COMMA, COLON = byte('"{[}],:', 1, 7)
local ESCAPES = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local body, flat -- flat: the body with each escape made harmless, as long as the body
local values, fields, bytes = 0, 0, 0

local function refuse(why) error({ why = why }, 0) end

local function next_sign(at)
  at = find(flat, "[^ \t\r\n]", at)
  if not at then refuse("it ends too early") end
  return at, byte(flat, at)
end

-- A string without its escapes. Halves of a pair stay halves: no rule looks at them.
local function plain(text)
  if not find(text, "\\", 1, true) then return text end
  local decoded = string.gsub(text, "\\(.)(%x?%x?%x?%x?)", function(kind, digits)
    if kind ~= "u" then
      return (ESCAPES[kind] or refuse("an escape is none")) .. digits
    end
    if #digits < 4 then refuse("an escape is none") end
    return utf8.char(tonumber(digits, 16))
  end)
  return decoded
end

local function keep(place, text)
  -- ModSecurity would take a value only up to here.
  if find(text, "\0", 1, true) then refuse("a field holds a null character") end
  fields = fields + 1
  bytes = bytes + #text
  if fields > MOST_FIELDS or bytes > MOST_BYTES then
    refuse("more than " .. MOST_FIELDS .. " unusual values, or " .. MOST_BYTES .. " bytes of them, outside the text for the model")
  end
  m.setvar("tx.field_" .. fields .. "_" .. sub(string.gsub(place, "[^%w._-]", "?"), 1, 200), text)
end

-- All of these return the place behind what they have read.

local function read_string(at)
  local quote = find(flat, '"', at + 1, true)
  if not quote then refuse("a string does not end") end
  return quote + 1
end

local read_value

local function read_object(at, part, place, names_are_free, depth)
  local sign
  at, sign = next_sign(at + 1)
  if sign == CLOSE_OBJECT then return at + 1 end
  while true do
    if sign ~= QUOTE then refuse("an object's member has no name") end
    local behind = read_string(at)
    local member, free, inner = WHOLE, true, place
    if not part.whole then
      local name = plain(sub(body, at + 1, behind - 2))
      inner = place .. "." .. name
      member = part.members and part.members[name] or NOTHING
      free = names_are_free or member.names_free
      if not names_are_free and (#name > 64 or not find(name, "^[%w_-]+$")) then keep(inner .. ".name", name) end
    end
    at, sign = next_sign(behind)
    if sign ~= COLON then refuse("a name is not followed by a colon") end
    at, sign = next_sign(read_value(at + 1, member, inner, free, depth))
    if sign == CLOSE_OBJECT then return at + 1 end
    if sign ~= COMMA then refuse("an object does not go on") end
    at, sign = next_sign(at + 1)
  end
end

local function read_list(at, part, place, names_are_free, depth)
  local sign
  local behind_bracket = at + 1
  at, sign = next_sign(behind_bracket)
  if sign == CLOSE_LIST then return at + 1 end
  local each = part.whole and WHOLE or part.each or NOTHING
  at = behind_bracket
  while true do
    at, sign = next_sign(read_value(at, each, place, names_are_free, depth))
    at = at + 1
    if sign == CLOSE_LIST then return at end
    if sign ~= COMMA then refuse("a list does not go on") end
  end
end

function read_value(at, part, place, names_are_free, depth)
  values = values + 1
  if values > MOST_VALUES then refuse("more than " .. MOST_VALUES .. " values") end
  local sign
  at, sign = next_sign(at)
  if sign == QUOTE then
    local behind = read_string(at)
    if not part.whole and not part.text then
      local text = plain(sub(body, at + 1, behind - 2))
      if #text > 128 or find(text, "[^%w_-]") then keep(place, text) end
    end
    return behind
  end
  if sign == OPEN_OBJECT or sign == OPEN_LIST then
    if depth == MOST_DEPTH then refuse("more than " .. MOST_DEPTH .. " levels") end
    return (sign == OPEN_OBJECT and read_object or read_list)(at, part, place, names_are_free, depth + 1)
  end
  return match(flat, "^-?[%d.]+[eE]?[-+]?%d*()", at)
    or match(flat, "^true()", at)
    or match(flat, "^false()", at)
    or match(flat, "^null()", at)
    or refuse("a value is none")
end

local function read()
  if not utf8.len(body) then refuse("it is not UTF-8") end
  flat = find(body, "\\", 1, true) and string.gsub(body, "\\.", "__") or body
  local at = read_value(1, BODY, "json", false, 0)
  if find(flat, "[^ \t\r\n]", at) then refuse("it goes on behind its end") end
end

function main()
  body = m.getvar("REQUEST_BODY")
  if not body then return nil end
  local read_whole, failure = pcall(read)
  if read_whole then
    m.setvar("tx.body_read", "1")
  else
    m.setvar("tx.body_fault", type(failure) == "table" and failure.why or tostring(failure))
  end
  return nil
end
