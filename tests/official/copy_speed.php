<?php
// The official PHP client's part of copy_speed.py: copies an account into a SQLite file as its documentation shows, an
// upsert in the callback of each record, and commits every hundred, the size of a page. Prints records and seconds.
// Needs PHP with curl and SQLite (Debian: php-cli, php-curl, php-sqlite3).

[, $library, $url, $token, $file] = $argv;
spl_autoload_register(function ($class) use ($library) {
    $source = "$library/lib/" . str_replace(['BaseCRM\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($source)) {
        require $source;
    }
});

$database = new SQLite3($file);
$database->exec('PRAGMA journal_mode = wal');
$upserts = [];
$count = 0;
$store = function ($meta, $data) use ($database, &$upserts, &$count) {
    $table = $meta['type'];
    if ($count % 100 === 0) {
        $database->exec('BEGIN');
    }
    if (!isset($upserts[$table])) {
        $database->exec("CREATE TABLE \"$table\" (id INTEGER PRIMARY KEY, revision INTEGER, data TEXT)");
        $upserts[$table] = $database->prepare(
            "INSERT INTO \"$table\" VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data"
        );
    }
    $upserts[$table]->bindValue(1, $data['id'] ?? null);
    $upserts[$table]->bindValue(2, $meta['sync']['revision']);
    $upserts[$table]->bindValue(3, json_encode($data));
    $upserts[$table]->execute();
    $upserts[$table]->reset();
    if (++$count % 100 === 0) {
        $database->exec('COMMIT');
    }
    return \BaseCRM\Sync::ACK;
};
$client = new \BaseCRM\Client(['accessToken' => $token, 'baseUrl' => $url]);
$began = microtime(true);
(new \BaseCRM\Sync($client, bin2hex(random_bytes(16))))->fetch($store);
if ($count % 100) {
    $database->exec('COMMIT');
}
printf("%d %f\n", $count, microtime(true) - $began);
