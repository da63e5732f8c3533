# The official Ruby client's part of copy_speed.py: copies an account into a SQLite file as its documentation shows, an
# upsert in the block of each record, and commits every hundred, the size of a page. Prints records and seconds. Needs
# Ruby, Faraday 1 and sqlite3 (Debian: ruby, ruby-faraday, ruby-sqlite3). The types that it has no class for stay out.

require "basecrm"
require "json"
require "securerandom"
require "sqlite3"

url, token, file = ARGV
database = SQLite3::Database.new(file)
database.execute("PRAGMA journal_mode = wal")
tables = {}
count = 0
client = BaseCRM::Client.new(access_token: token, base_url: url)
began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
BaseCRM::Sync.new(client: client, device_uuid: SecureRandom.uuid).fetch do |meta, record|
  next [:nack] unless meta
  tables[meta.type] ||= database.execute(
    "CREATE TABLE \"#{meta.type}\" (id INTEGER PRIMARY KEY, revision INTEGER, data TEXT)"
  )
  database.transaction unless database.transaction_active?
  database.execute(
    "INSERT INTO \"#{meta.type}\" VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data",
    [record.id, meta.sync.revision, JSON.generate(record.to_h)]
  )
  count += 1
  database.commit if (count % 100).zero?
  meta.sync.ack
end
database.commit if database.transaction_active?
puts "#{count} #{Process.clock_gettime(Process::CLOCK_MONOTONIC) - began}"
