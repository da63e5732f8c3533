# The official Ruby client (unmodified, see full_sync.rb), as a command for `drainboard serve --conformance`:
#
#     drainboard serve --conformance -- ruby -I /tmp/basecrm-ruby/lib tests/official/conform.rb
#
# One synchronization as the client's documentation shows it; the service and the token come from the environment.

require "basecrm"
require "securerandom"

client = BaseCRM::Client.new(access_token: ENV["BASECRM_ACCESS_TOKEN"], base_url: ENV["DRAINBOARD_BASE_URL"])
BaseCRM::Sync.new(client: client, device_uuid: SecureRandom.uuid).fetch { |meta, _record| meta.sync.ack }
