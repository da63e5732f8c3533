<?php
// The official PHP client (unmodified, see full_sync.php), as a command for `drainboard serve --conformance`:
//
//     drainboard serve --conformance -- php tests/official/conform.php /tmp/basecrm-php
//
// One synchronization as the client's documentation shows it; the service and the token come from the environment.

spl_autoload_register(function ($class) use ($argv) {
    $file = "$argv[1]/lib/" . str_replace(['BaseCRM\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});

$client = new \BaseCRM\Client([
    'accessToken' => getenv('BASECRM_ACCESS_TOKEN'),
    'baseUrl' => getenv('DRAINBOARD_BASE_URL'),
]);
$sync = new \BaseCRM\Sync($client, bin2hex(random_bytes(16)));
$sync->fetch(fn ($meta, $data) => \BaseCRM\Sync::ACK);
