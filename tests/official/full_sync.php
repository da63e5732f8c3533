<?php
// The official PHP client (github.com/zendesk/basecrm-php 1.4.4, unmodified) against `drainboard serve`.
//
// Not part of `cargo test`: it needs PHP with curl (Debian: php-cli, php-curl). From the repository's root:
//
//     git clone https://github.com/zendesk/basecrm-php /tmp/basecrm-php
//     php tests/official/full_sync.php /tmp/basecrm-php target/release/drainboard
//
// It starts a service of its own on a free port, synchronizes twice with one device and checks that the first run
// brings every record exactly once and that the second one starts with 204. Exits 0, and 77 where the client is not
// there.

[, $library, $binary] = $argv;
if (!is_dir("$library/lib")) {
    echo "skipped: the client is not there\n";
    exit(77);
}
spl_autoload_register(function ($class) use ($library) {
    $file = "$library/lib/" . str_replace(['BaseCRM\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});

function check($url, $token)
{
    $client = new \BaseCRM\Client(['accessToken' => $token, 'baseUrl' => $url]);
    $device = bin2hex(random_bytes(16));
    $seen = [];
    $began = microtime(true);
    (new \BaseCRM\Sync($client, $device))->fetch(function ($meta, $data) use (&$seen) {
        $seen[$meta['type']] = ($seen[$meta['type']] ?? 0) + 1;
        return \BaseCRM\Sync::ACK;
    });
    $took = microtime(true) - $began;
    $counts = array_filter(json_decode(file_get_contents("$url/emulator/status"), true)['counts']);
    ksort($seen);
    ksort($counts);
    if ($seen !== $counts) {
        throw new Exception(json_encode($seen) . ' is not ' . json_encode($counts));
    }
    if ($client->sync->start($device)) {
        throw new Exception('the second start is not 204');
    }
    $total = array_sum($seen);
    printf("%d records of %d types in %.1f s (%d a second), then 204\n", $total, count($seen), $took, $total / $took);
}

$command = [$binary, 'serve', '--listen', '127.0.0.1:0', '--items', $argv[3] ?? '12000'];
$serve = proc_open($command, [1 => ['pipe', 'w']], $pipes);
try {
    $words = explode(' ', preg_replace('/ +/', ' ', trim(fgets($pipes[1]))));
    check($words[2], $words[4]);
} finally {
    proc_terminate($serve);
    proc_close($serve);
}
