-- A store of `getvariable('calls')` calls that nobody ever made: invented sentences, numbers by hash.
-- Twenty utterances and three findings a call on average, over the last 360 days, 300 collectors in
-- 20 teams for 8 banks. Ids tell nothing of the time, as a telephone system's need not.

CREATE TEMP MACRO dice(n, salt, sides) AS (hash(n, salt) % sides)::INTEGER;

CREATE TEMP TABLE sentences AS
SELECT [
    '您好，请问是#先生本人吗', '我这边是委外催收中心的', '您在银行的信用卡账单已经逾期#天了', '最低还款额是#元',
    '请问您今天几点可以处理', '这边需要跟您核实一下身份信息', '您看能不能先还一部分', '我给您登记一下还款时间',
    '如果今天还不上利息会继续计算', '麻烦您配合一下', '您之前答应的还款日已经过了', '这笔钱一共是#元',
    '您可以通过银行官方渠道还款', '我们这边是录音电话', '请您尽快处理好吗', '您方便说一下没有还款的原因吗'
] AS agent,
[
    '我现在没有钱', '下个月#号发了工资就还', '你们怎么又打过来了', '我已经跟银行说过了', '你是哪里的', '我在开车不方便',
    '能不能减免一点', '我不是本人你打错了', '知道了我会处理的', '上次还的#元你们查一下', '好的好的', '别再给我家里打电话了'
] AS customer,
[
    '再不还就让你全家不得安宁', '你就是个骗子老赖', '我们已经立案了明天上门抓人', '你把钱打到我微信上就行', '我会告诉你单位所有人',
    '你去别的平台借一点先还上', '不还就上征信黑名单一辈子'
] AS wrong,
['threat_intimidation', 'abuse_insult', 'false_legal_claim', 'private_payment', 'third_party_disclosure',
 'induce_borrowing', 'false_credit_claim'] AS codes;

CREATE TEMP TABLE made AS
SELECT
    i AS n, 'C' || left(md5(i::VARCHAR), 16) AS call_id,
    'A' || lpad(dice(i, 'agent', 300)::VARCHAR, 3, '0') AS agent_id,
    '第' || (dice(i, 'agent', 300) % 20 + 1) || '组' AS team,
    '虚构银行' || (dice(i, 'bank', 8) + 1) AS bank,
    (date_trunc('day', now()) - to_days(359 - (i * 360 // getvariable('calls'))::INTEGER)
        + to_seconds(8 * 3600 + (12 * 3600 * (i * 360 % getvariable('calls')) // getvariable('calls'))::INTEGER)
    ) AS started_at,
    CASE WHEN dice(i, 'state', 100) < 88 THEN 'scanned' WHEN dice(i, 'state', 100) < 90 THEN 'mismatch'
         WHEN dice(i, 'state', 100) < 97 THEN 'no_recording' ELSE 'unreadable' END AS state,
    -- two calls in five have findings, those have 8.5 on average: a few calls hold many
    CASE WHEN dice(i, 'some', 5) < 2 THEN 1 + (dice(i, 'many', 16)) ELSE 0 END AS findings,
    13 + dice(i, 'long', 20) AS lines
FROM range(getvariable('calls')) AS t(i);

INSERT INTO staff (agent_id, name, team, row_hash, known_from)
SELECT 'A' || lpad(i::VARCHAR, 3, '0'), '坐席' || i, '第' || (i % 20 + 1) || '组', 's' || i, now()
FROM range(300) AS t(i);

INSERT INTO cases (case_id, customer_id, bank, amount_due, days_overdue, as_of, row_hash, known_from)
SELECT 'K' || i, 'U' || i, '虚构银行' || (i % 8 + 1), 1000 + i % 50000, i % 300, now() - INTERVAL 400 DAY,
    'k' || i, now()
FROM range(getvariable('calls') // 4) AS t(i);

INSERT INTO calls (
    call_id, started_at, agent_id, recording, duration_s, answered, talk_s, direction, purpose,
    dial_mode, team, phone, customer_id, case_id, bank, channels, phone_key, record_hash, state,
    state_reason, artefact_key, recording_sha256, recording_key, recording_container,
    recording_codec, recording_sample_rate, recording_channels, recording_duration_s,
    recording_bytes, transcript_config, transcript_model, role_source, role_confidence, speech_s,
    rules_version, policy_version
)
SELECT
    call_id, started_at, agent_id, call_id || '.wav', lines * 4.0, true, lines * 3.5, 'outbound',
    'collection', 'manual', team, '1390000' || lpad((n % 10000)::VARCHAR, 4, '0'),
    'U' || n % (getvariable('calls') // 4), 'K' || n % (getvariable('calls') // 4), bank,
    'agent,customer', '1390000' || lpad((n % 10000)::VARCHAR, 4, '0'), md5('r' || n), state, '',
    CASE WHEN state IN ('scanned', 'mismatch') THEN md5('k' || n) END,
    CASE WHEN state <> 'no_recording' THEN sha256('w' || n) END,
    CASE WHEN state <> 'no_recording' THEN sha256('w' || n) || '.wav' END,
    'wav', 'pcm_s16le', 8000, 2, lines * 4.0, lines * 64000, 'c0ffee', 'invented', 'channel_map', 1.0,
    lines * 3.0, CASE WHEN state IN ('scanned', 'mismatch') THEN 'r1' END, 'p1'
FROM made
ORDER BY n;

CREATE TEMP TABLE spoken AS
SELECT
    made.n, made.call_id, made.started_at, index,
    CASE
        WHEN index % 2 = 1 THEN customer[1 + dice(n * 64 + index, 'a', 12)] || '，'
            || customer[1 + dice(n * 64 + index, 'b', 12)]
        WHEN index // 2 < findings AND index % 4 = 0 THEN agent[1 + dice(n * 64 + index, 'a', 16)] || '，'
            || wrong[1 + dice(n * 64 + index, 'w', 7)]
        ELSE agent[1 + dice(n * 64 + index, 'a', 16)] || '，' || agent[1 + dice(n * 64 + index, 'b', 16)]
    END.replace('#', (1 + dice(n * 64 + index, 'd', 5000))::VARCHAR) AS text
FROM made, sentences, range(lines) AS l(index)
WHERE made.state IN ('scanned', 'mismatch');

INSERT INTO utterances (
    call_id, index, speaker, listener, start_s, end_s, text, raw_text, confidence, channel, day
)
SELECT
    call_id, index, CASE index % 2 WHEN 0 THEN 'agent' ELSE 'customer' END,
    CASE index % 2 WHEN 0 THEN 'debtor' ELSE 'agent' END, index * 4.0, index * 4.0 + 3.2, text, text,
    0.5 + dice(n * 64 + index, 'c', 50) / 100, index % 2, started_at::DATE
FROM spoken
ORDER BY n, index;

CREATE TEMP TABLE found AS
SELECT
    made.n, left(md5(n || '/' || nth), 20) AS finding_id, made.call_id, codes[kind] AS code,
    CASE WHEN dice(n * 64 + nth, 's', 100) < 12 THEN 'critical' WHEN dice(n * 64 + nth, 's', 100) < 45
        THEN 'major' WHEN dice(n * 64 + nth, 's', 100) < 85 THEN 'minor' ELSE 'info' END AS severity,
    ['lexicon', 'phonetic', 'classifier', 'required', 'note'][1 + dice(n * 64 + nth, 'm', 5)] AS detector,
    codes[kind] || '.' || lpad(dice(n * 64 + nth, 'r', 20)::VARCHAR, 2, '0') AS rule_id,
    (nth * 2 % lines)::INTEGER AS utterance_index, agent[1 + dice(n * 64 + nth, 'a', 16)] AS before,
    wrong[kind] AS matched, 0.4 + dice(n * 64 + nth, 'p', 60) / 100 AS score,
    -- people are half a year behind with all but critical ones
    CASE
        WHEN dice(n * 64 + nth, 'v', 100) < 5 THEN 'quarantined'
        WHEN dice(n * 64 + nth, 'v', 100) < CASE WHEN n * 2 < getvariable('calls') THEN 75 ELSE 25 END
            THEN CASE WHEN dice(n * 64 + nth, 'o', 5) < 2 THEN 'confirmed' ELSE 'rejected' END
        ELSE 'open'
    END AS status,
    made.started_at + INTERVAL 12 HOUR AS created_at, made.started_at::DATE AS day, dice(n * 64 + nth, 'who', 50) AS who
FROM (
    SELECT made.*, nth, 1 + dice(n * 64 + nth, 'k', 7) AS kind
    FROM made, range(findings) AS f(nth)
    WHERE made.state IN ('scanned', 'mismatch')
) AS made, sentences;

INSERT INTO findings (
    finding_id, call_id, code, severity, detector, rule_id, rule_version, speaker, listener,
    responsible_party, utterance_index, start_offset, end_offset, start_s, end_s, utterance,
    matched, score, status, machine_status, machine_severity, reasons, rules_version,
    policy_version, created_at, held, day
)
SELECT
    finding_id, call_id, code, severity, detector, rule_id, '1', 'agent', 'debtor', 'agent',
    utterance_index, len(before) + 1, len(before) + 1 + len(matched), utterance_index * 4.0,
    utterance_index * 4.0 + 3.2, before || '，' || matched, matched, score, status,
    CASE status WHEN 'quarantined' THEN 'quarantined' ELSE 'open' END, severity,
    ['matched_text: 命中“' || matched || '”', 'listener: 对债务人本人说'], 'r1', 'p1', created_at,
    status IN ('confirmed', 'rejected'), day
FROM found
ORDER BY n, finding_id;

INSERT INTO finding_reviews (
    finding_id, call_id, code, responsible_party, machine_severity, severity, state, first_by,
    first_at, decided_by, decided_at, machine_code, machine_responsible_party
)
SELECT
    finding_id, call_id, code, 'agent', severity, severity,
    CASE WHEN status = 'open' THEN 'awaiting_second' ELSE status END, 'r' || who,
    created_at + INTERVAL 1 DAY, CASE WHEN status <> 'open' THEN 'r' || (who + 1) % 50 END,
    CASE WHEN status <> 'open' THEN created_at + INTERVAL 2 DAY END, code, 'agent'
FROM found
WHERE status IN ('confirmed', 'rejected')
    OR (status = 'open' AND severity = 'critical' AND dice(n, 'first', 10) = 0)
ORDER BY n, finding_id;

INSERT INTO suppressed (
    finding_id, call_id, code, severity, detector, rule_id, rule_version, speaker, listener,
    responsible_party, utterance_index, start_offset, end_offset, start_s, end_s, utterance,
    matched, score, status, reasons, created_at, day
)
SELECT
    finding_id, call_id, code, severity, detector, rule_id, '1', 'agent', 'debtor', 'agent',
    utterance_index, 0, len(before), utterance_index * 4.0, utterance_index * 4.0 + 3.2, before,
    before, score, 'suppressed', ['quoted: 转述他人的话'], created_at, day
FROM found
WHERE dice(n, 'suppressed', 3) = 0
ORDER BY n, finding_id;

INSERT INTO events (call_id, kind, utterance_index, start_s, matched, detail, day)
SELECT call_id, CASE dice(n, 'event', 5000) WHEN 0 THEN 'emergency' ELSE 'identity' END, 1, 4.0,
    '我已经跟银行说过了', '', started_at::DATE
FROM made
WHERE state IN ('scanned', 'mismatch') AND dice(n, 'event', 5000) < 2500
ORDER BY n;

INSERT INTO scores (call_id, policy_version, machine_score, state, passed, critical, codes)
SELECT call_id, 'p1', greatest(0, 100 - 5 * findings), 'machine', findings < 5, 0, []
FROM made
WHERE state IN ('scanned', 'mismatch')
ORDER BY n;

INSERT INTO call_tasks
SELECT * FROM placed_tasks(true, []::VARCHAR[]) ORDER BY tier, weight DESC, started_at, call_id;
