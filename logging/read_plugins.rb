# Reads what Fluentd's plugins declare (config_param, config_section) and prints it as TOML:
#
#   RUBYLIB=<lib of fluentd and of each plugin> ruby read_plugins.rb "fluentd 1.16.11" input:tail parser:json ... > payment_logging/fluentd/plugins/fluentd.toml
#
# Libraries that a plugin only needs while it runs (clients of Elasticsearch, S3, Kubernetes) may be absent.

require 'fluent/load'
require 'fluent/system_config'

module Absent
  def require(name)
    super
  rescue LoadError
    false
  end
end
Object.prepend(Absent)

class Module
  def const_missing(name)
    const_set(name, name.to_s.end_with?('Error') ? Class.new(StandardError) : Class.new)
  end
end

PREFIX = { 'input' => 'in', 'output' => 'out', 'filter' => 'filter', 'parser' => 'parser',
           'formatter' => 'formatter', 'buffer' => 'buf', 'sd' => 'sd' }.freeze

def toml(value)
  case value
  when true, false, Integer, Float then value.to_s
  when Symbol, String then value.to_s.dump.gsub('\#', '#')
  when Array then "[#{value.map { |item| toml(item) }.join(', ')}]"
  when Hash then "{ #{value.map { |key, item| "#{toml(key.to_s)} = #{toml(item)}" }.join(', ')} }"
  else raise "no TOML for #{value.inspect}"
  end
end

def plain?(value)
  case value
  when true, false, Integer, Float, Symbol, String then true
  when Array then value.all? { |item| plain?(item) }
  else false
  end
end

def parameter(name, options, defaults)
  found = { 'type' => options[:type] || 'any' }
  found['values'] = options[:list] if options[:list]
  found['alias'] = options[:alias] if options[:alias]
  found['secret'] = true if options[:secret]
  found['deprecated'] = options[:deprecated] if options[:deprecated]
  found['obsoleted'] = options[:obsoleted] if options[:obsoleted]
  if !defaults.key?(name)
    found['required'] = true
  elsif plain?(defaults[name]) && name != :timekey_zone
    found['default'] = defaults[name]
  end
  "{ #{found.map { |key, value| "#{key} = #{toml(value)}" }.join(', ')} }"
end

# The lines of what `proxy` declares beyond `base`, a proxy that a plugin of this kind always extends.
def declare(proxy, path, base = nil)
  lines = []
  lines << 'required = true' if proxy.required? && !proxy.root?
  lines << 'multi = false' if !proxy.multi? && !proxy.root?
  lines << "alias = #{toml(proxy.alias)}" if proxy.alias
  lines << "argument = #{parameter(proxy.argument[0], proxy.argument[2], proxy.defaults)}" if proxy.argument
  type = proxy.defaults[:@type]
  lines << "type = #{toml(type)}" if type
  lines.concat(declare_parameters(proxy, path, base))
  proxy.sections.each_value do |section|
    inner = "#{path}.sections.#{section.name}"
    declared = declare(section, inner, base && base.sections[section.name])
    next if base && base.sections[section.name] && declare(base.sections[section.name], inner) == declare(section, inner)

    shared = SHARED.key?(section.name) && declare(SHARED[section.name], inner) == declared
    lines.push('', "[#{inner}]").concat(shared ? ["shared = #{toml(section.name)}"] : declared)
  end
  lines
end

def declare_parameters(proxy, path, base)
  lines = proxy.params.filter_map do |name, (_, options)|
    next if %i[@type @id @label @log_level].include?(name)

    line = parameter(name, options, proxy.defaults)
    "#{name} = #{line}" unless base && base.params.key?(name) && parameter(name, base.params[name][1], base.defaults) == line
  end
  lines.empty? ? [] : ['', "[#{path}.parameters]", *lines]
end

BASES = {
  'output' => Fluent::Plugin::Output, 'parser' => Fluent::Plugin::Parser, 'formatter' => Fluent::Plugin::Formatter,
  'buffer' => Fluent::Plugin::Buffer
}.freeze
SHARED = {
  inject: Fluent::PluginHelper::Inject::InjectParams.configure_proxy_map.values[0].sections[:inject],
  extract: Fluent::PluginHelper::Extract::ExtractParams.configure_proxy_map.values[0].sections[:extract],
  transport: Fluent::PluginHelper::Server::ServerTransportParams.configure_proxy_map.values[0].sections[:transport]
}.freeze

def print_core
  puts "\n[directive.system]", declare(Fluent::SystemConfig.merged_configure_proxy, 'directive.system')
  BASES.each { |kind, base| puts "\n[base.#{kind}]", declare(base.merged_configure_proxy, "base.#{kind}") }
  SHARED.each { |name, section| puts "\n[shared.#{name}]", declare(section, "shared.#{name}") }
end

def print_plugin(kind, type)
  Kernel.require("fluent/plugin/#{PREFIX[kind]}_#{type}")
  plugin = Fluent::Plugin.const_get("#{kind.upcase}_REGISTRY").lookup(type)
  base = BASES[kind] if BASES.key?(kind) && plugin <= BASES[kind]
  puts "\n[#{kind}.#{type}]"
  puts "base = #{toml(kind)}" if base
  puts 'buffered = true' if base == Fluent::Plugin::Output && plugin.instance_method(:write).owner != base
  puts declare(plugin.merged_configure_proxy, "#{kind}.#{type}", base&.merged_configure_proxy)
end

puts "# What the plugins of #{ARGV[0]} declare, as read_plugins.rb read it."
ARGV.drop(1).each { |name| name == 'core' ? print_core : print_plugin(*name.split(':')) }
