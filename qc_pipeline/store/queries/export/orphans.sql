SELECT recording, folder, reason FROM orphans ORDER BY folder, recording;
