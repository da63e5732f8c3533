# The official Ruby client (github.com/zendesk/basecrm-ruby 2.0.0, unmodified) against `drainboard serve`.
#
# Not part of `cargo test`: it needs Ruby and Faraday 1 (Debian: ruby, ruby-faraday). From the repository's root:
#
#     git clone https://github.com/zendesk/basecrm-ruby /tmp/basecrm-ruby
#     ruby -I /tmp/basecrm-ruby/lib tests/official/full_sync.rb target/release/drainboard
#
# It starts a service of its own on a free port and synchronizes twice with one device: the first run brings every record
# of the types that the client has a class for exactly once, the second one only those that it has none for. It hands
# them out as nothing, without their keys, so nobody can acknowledge them. Exits 0, and 77 where it is not installed.

begin
  require "basecrm"
rescue LoadError
  puts "skipped: the client is not installed"
  exit 77
end
require "json"
require "net/http"
require "securerandom"

# What a session brings: how many of each type, and how many that the client knows no type of.
def session(client, device)
  seen = Hash.new(0)
  BaseCRM::Sync.new(client: client, device_uuid: device).fetch do |meta, _record|
    seen[meta && meta.type] += 1
    meta ? meta.sync.ack : [:nack]
  end
  [seen, seen.delete(nil) || 0]
end

def check(url, token)
  client = BaseCRM::Client.new(access_token: token, base_url: url)
  device = SecureRandom.uuid
  began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  seen, unknown = session(client, device)
  took = Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
  counts = JSON.parse(Net::HTTP.get(URI("#{url}/emulator/status")))["counts"].reject { |_, count| count.zero? }
  strange = counts.reject { |type, _| seen.key?(type) }
  abort "#{seen} is not #{counts}" unless counts == seen.merge(strange) && strange.values.sum == unknown
  again = session(client, device)
  abort "the second session brings #{again}" unless again == [{}, unknown]
  total = seen.values.sum
  puts format("%d records of %d types in %.1f s (%d a second); it has no class for %d: %s", total, seen.size, took,
              total / took, unknown, strange.keys.join(", "))
end

binary, items = ARGV
serve = IO.popen([binary, "serve", "--listen", "127.0.0.1:0", "--items", items || "12000"])
begin
  words = serve.gets.split
  check(words[2], words[4])
ensure
  Process.kill("TERM", serve.pid)
  Process.wait(serve.pid)
end
