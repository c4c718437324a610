-- Closes a person's sessions.
--
-- KEYS  1: the person's sessions.
-- ARGV  1: now; 2: 'one' or 'all-but'; 3: the id of the session to close, or to keep (empty: keep none).
-- Answer: the ids of those that were open and are closed now.
local now = tonumber(ARGV[1])

local closed = {}
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local sid = fields[i]
  if (sid == ARGV[3]) == (ARGV[2] == 'one') then
    local _, expires = string.match(fields[i + 1], '^(%d+)|(%d+)|')
    redis.call('HDEL', KEYS[1], sid)
    if tonumber(expires) > now then
      closed[#closed + 1] = sid
    end
  end
end
return closed
