# frozen_string_literal: true

# Calls the live server through openapi-generator's ruby client.
$LOAD_PATH.unshift(File.join(__dir__, 'sdk', 'lib'))
require 'thaw'
require 'uri'

A, B = ENV.fetch('THAW_SYMPTOM_A'), ENV.fetch('THAW_SYMPTOM_B')
FIRST, LAST = ENV.fetch('THAW_FIRST'), ENV.fetch('THAW_LAST')
TOTAL, TOPICS = Integer(ENV.fetch('THAW_TOTAL')), Integer(ENV.fetch('THAW_TOPICS'))
FILTERS = { symptom: [A, B], advisory_not: [Thaw::Advisory::TRAUMA, Thaw::Advisory::SELF_HARM], limit: 5 }.freeze

def client(url)
  uri = URI.parse(url)
  configuration = Thaw::Configuration.new do |it|
    it.scheme = uri.scheme
    it.host = "#{uri.host}:#{uri.port}"
    it.server_index = nil # or the document's own servers are used
    it.params_encoding = :multi # symptom=a&symptom=b rather than symptom[0]=a
    it.logger = Logger.new(File::NULL)
  end
  Thaw::ApiClient.new(configuration)
end

def expect(what, wanted)
  raise "#{what.inspect} instead of #{wanted.inspect}" unless what == wanted
end

def holds(condition, what)
  raise "not so: #{what}" unless condition
end

def problem(at)
  yield
rescue Thaw::ApiError => e
  at.convert_to_type(JSON.parse(e.response_body, symbolize_names: true), 'Problem')
else
  raise 'no error'
end

@failed = 0
def check(name)
  yield
  puts "ok #{name}"
rescue StandardError => e
  @failed += 1
  puts "not ok #{name}: #{e.class} #{e.message.tr("\n", ' ')[0, 300]}"
end

api = client(ENV.fetch('THAW_URL'))
search, topics, passages = Thaw::SearchApi.new(api), Thaw::TopicsApi.new(api), Thaw::PassagesApi.new(api)

check('get_search') do
  found = search.search_passages(FILTERS)
  expect(found.total, TOTAL)
  expect(found.items.size, 5)
  holds(Thaw::FacetName.all_vars.include?(found.facets[0].facet), 'a facet known')
end

check('post_search') do
  found = search.search_passages_privately(Thaw::SearchRequest.new(FILTERS))
  expect(found.total, TOTAL)
  expect(found.items[0].passage.id, search.search_passages(FILTERS).items[0].passage.id)
end

check('paging') do
  ids = []
  page = topics.list_topics(limit: 50)
  loop do
    ids.concat(page.items.map(&:id))
    break if page.next_cursor.nil?

    page = topics.list_topics(limit: 50, cursor: page.next_cursor)
  end
  expect(ids.size, page.total)
  expect(ids.uniq.size, TOPICS)
end

check('topic') do
  found = topics.get_topic(A)
  expect(found.id, A)
  holds(found.facets.include?(Thaw::FacetName::SYMPTOM), 'a symptom')
  holds((found.passage_counts['symptom'] || found.passage_counts[:symptom]).positive?, 'passages')
end

check('passage') do
  found = passages.get_passage(FIRST)
  expect(found.id, FIRST)
  holds(!found.markdown.empty?, 'markdown')
  holds(found.source_span._end > found.source_span.start, 'a span')
  holds(!found.attribution.license.id.empty?, 'a licence')
  holds(found.first_published_on.is_a?(Date), 'a date')
end

check('not_modified') do
  _, _, headers = topics.get_topic_with_http_info(A)
  begin
    _, status, = topics.get_topic_with_http_info(A, if_none_match: headers['ETag'])
  rescue Thaw::ApiError => e
    status = e.code
  end
  expect(status, 304)
end

check('problem_400') do
  found = problem(api) { search.search_passages(symptom: ['no-such-topic']) }
  expect(found.status, 400)
  expect(found.errors[0].field, 'symptom')
  expect(found.errors[0].location, Thaw::FieldLocation::QUERY)
end

check('problem_404') do
  found = problem(api) { topics.get_topic('no-such-topic') }
  expect(found.status, 404)
  expect(found.type, '/problems/not-found')
  expect(found.errors, [])
end

check('null_members') do
  expect(passages.get_passage(FIRST).previous_id, nil)
  expect(passages.get_passage(LAST).next_id, nil)
  found = search.search_passages(FILTERS)
  expect(found.support, nil)
  expect(found.items[0].explanation, nil)
  expect(found.query.corrected_text, nil)
end

check('non_null_members') do
  holds(passages.get_passage(FIRST).next_id, 'one after the first')
  found = search.search_passages(q: ENV.fetch('THAW_MISSPELT'), explain: true, limit: 1)
  holds(found.query.corrected_text, 'a correction')
  holds(found.items[0].explanation.contributions[0].share.positive?, 'a share')
end

check('added_members') do
  grown = client(ENV.fetch('THAW_GROWN_URL'))
  holds(Thaw::SearchApi.new(grown).search_passages(FILTERS).items[0].passage.tags.any?, 'tags')
  expect(Thaw::TopicsApi.new(grown).get_topic(A).id, A)
  expect(Thaw::PassagesApi.new(grown).get_passage(FIRST).id, FIRST)
  expect(problem(grown) { Thaw::TopicsApi.new(grown).get_topic('no-such-topic') }.status, 404)
end

exit(@failed.zero? ? 0 : 1)
