-- What the contact findings rest on besides the calls, and how far the calls go.
SELECT
    (SELECT list(table_name || ':' || content_hash ORDER BY table_name) FROM (
        SELECT table_name, arg_max(content_hash, loaded_at) AS content_hash
        FROM table_snapshots
        WHERE table_name IN ('flags', 'approvals', 'phones')
        GROUP BY table_name
    )) AS tables,
    (SELECT CAST(bit_xor(hash(case_id, bank, product)) AS VARCHAR)
        FROM cases WHERE known_to IS NULL) AS cases,
    (SELECT CAST(bit_xor(hash(
        flag_id, state, kind, source, case_id, phone_key, decided_at, valid_from, valid_to, lifted_at
    )) AS VARCHAR) FROM stop_flags WHERE state IN ('in_force', 'lifted')) AS register_flags,
    (SELECT coalesce(max(load_number), 0) FROM calls) AS load_number,
    (SELECT count(*) FROM collection_dials WHERE phone_key IS NULL) AS without_phone,
    (SELECT count(*) FROM collection_dials) AS dials;
