-- Reads a caller's session, notes its last use, and takes from all buckets or from none; a closed session takes from
-- none and is told nothing of them.
-- The arithmetic is that of gcra.rs: whole microseconds, which doubles hold exactly.
--
-- KEYS  1: the caller's sessions; then one for each bucket. All in one slot.
-- ARGV  1: now; 2: the session's id, empty for a guest; 3: slack (ms); then for each bucket its window and its need.
-- Answer: the session's record or false, and for each bucket the moment (tat) that it was decided from.
local now = tonumber(ARGV[1])
local sid = ARGV[2]
local slack = tonumber(ARGV[3])

local record = false
if sid ~= '' then
  record = redis.call('HGET', KEYS[1], sid)
  if record then
    local created, expires, used, device = string.match(record, '^(%d+)|(%d+)|(%d+)|(.*)$')
    if tonumber(expires) <= now then
      redis.call('HDEL', KEYS[1], sid)
      record = false
    elseif tonumber(used) < now then
      record = created .. '|' .. expires .. '|' .. ARGV[1] .. '|' .. device
      redis.call('HSET', KEYS[1], sid, record)
    end
  end
end

if sid ~= '' and not record then
  return { false, {} }
end

local tats, needs, all = {}, {}, true
for i = 1, #KEYS - 1 do
  local window = tonumber(ARGV[2 + 2 * i])
  needs[i] = tonumber(ARGV[3 + 2 * i])
  local kept = redis.call('GET', KEYS[1 + i])
  tats[i] = math.min(math.max(kept and tonumber(kept) or now, now), now + window)
  if tats[i] + needs[i] - now > window then
    all = false
  end
end
if all then
  for i = 1, #tats do
    local after = tats[i] + needs[i]
    if needs[i] > 0 then
      local ttl = math.ceil((after - now) / 1000) + slack
      redis.call('SET', KEYS[1 + i], string.format('%.0f', after), 'PX', string.format('%.0f', ttl))
    end
  end
end
return { record, tats }
