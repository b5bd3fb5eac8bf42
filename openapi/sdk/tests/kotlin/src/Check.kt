// Calls the live server through openapi-generator's kotlin client.
import example.thaw.apis.PassagesApi
import example.thaw.apis.SearchApi
import example.thaw.apis.TopicsApi
import example.thaw.infrastructure.ClientError
import example.thaw.infrastructure.ClientException
import example.thaw.infrastructure.Serializer
import example.thaw.models.Advisory
import example.thaw.models.FacetName
import example.thaw.models.FieldLocation
import example.thaw.models.Problem
import example.thaw.models.SearchRequest
import example.thaw.models.SearchResults
import kotlin.system.exitProcess

fun variable(name: String): String = System.getenv(name) ?: error("$name is not set")

val a = variable("THAW_SYMPTOM_A")
val b = variable("THAW_SYMPTOM_B")
val first = variable("THAW_FIRST")
val last = variable("THAW_LAST")
val total = variable("THAW_TOTAL").toInt()
val advisories = listOf(Advisory.TRAUMA, Advisory.SELF_HARM)

class Apis(url: String) {
    val search = SearchApi(url)
    val topics = TopicsApi(url)
    val passages = PassagesApi(url)

    fun find(): SearchResults = search.searchPassages(symptom = listOf(a, b), advisoryNot = advisories, limit = 5)
}

fun expect(what: Any?, wanted: Any?) = check(what == wanted) { "$what instead of $wanted" }

fun problem(call: () -> Any): Problem {
    try {
        call()
    } catch (failure: ClientException) {
        val body = (failure.response as ClientError<*>).body as String
        return Serializer.jacksonObjectMapper.readValue(body, Problem::class.java)
    }
    error("no error")
}

val api = Apis(variable("THAW_URL"))

val checks: Map<String, () -> Unit> = mapOf(
    "get_search" to {
        val found = api.find()
        expect(found.total, total)
        expect(found.items.size, 5)
        check(found.facets[0].facet in FacetName.entries)
    },
    "post_search" to {
        val asked = SearchRequest(symptom = listOf(a, b), advisoryNot = advisories, limit = 5)
        val found = api.search.searchPassagesPrivately(asked)
        expect(found.total, total)
        expect(found.items[0].passage.id, api.find().items[0].passage.id)
    },
    "paging" to {
        val ids = mutableListOf<String>()
        var page = api.topics.listTopics(limit = 50)
        while (true) {
            ids += page.items.map { it.id }
            page = api.topics.listTopics(limit = 50, cursor = page.nextCursor ?: break)
        }
        expect(ids.size, page.total)
        expect(ids.toSet().size, variable("THAW_TOPICS").toInt())
    },
    "topic" to {
        val found = api.topics.getTopic(a)
        expect(found.id, a)
        check(FacetName.SYMPTOM in found.facets)
        check(found.passageCounts.getValue("symptom") > 0)
    },
    "passage" to {
        val found = api.passages.getPassage(first)
        expect(found.id, first)
        check(found.markdown.isNotEmpty())
        check(found.sourceSpan.end > found.sourceSpan.start)
        check(found.attribution.license.id.isNotEmpty())
        check(found.firstPublishedOn.year > 2000)
    },
    "not_modified" to {
        val headers = api.topics.getTopicWithHttpInfo(a, null).headers
        val etag = headers.entries.first { it.key.equals("ETag", ignoreCase = true) }.value.first()
        expect(api.topics.getTopicWithHttpInfo(a, etag).statusCode, 304)
    },
    "problem_400" to {
        val found = problem { api.search.searchPassages(symptom = listOf("no-such-topic")) }
        expect(found.status, 400)
        expect(found.errors[0].field, "symptom")
        expect(found.errors[0].location, FieldLocation.QUERY)
    },
    "problem_404" to {
        val found = problem { api.topics.getTopic("no-such-topic") }
        expect(found.status, 404)
        expect(found.type, "/problems/not-found")
        expect(found.errors, emptyList<Any>())
    },
    "null_members" to {
        expect(api.passages.getPassage(first).previousId, null)
        expect(api.passages.getPassage(last).nextId, null)
        val found = api.find()
        expect(found.support, null)
        expect(found.items[0].explanation, null)
        expect(found.query.correctedText, null)
    },
    "non_null_members" to {
        checkNotNull(api.passages.getPassage(first).nextId)
        val found = api.search.searchPassages(q = variable("THAW_MISSPELT"), explain = true, limit = 1)
        checkNotNull(found.query.correctedText)
        check(checkNotNull(found.items[0].explanation).contributions[0].share > 0)
    },
    "added_members" to {
        val grown = Apis(variable("THAW_GROWN_URL"))
        check(grown.find().items[0].passage.tags.isNotEmpty())
        expect(grown.topics.getTopic(a).id, a)
        expect(grown.passages.getPassage(first).id, first)
        expect(problem { grown.topics.getTopic("no-such-topic") }.status, 404)
    },
)

fun main() {
    var failed = false
    for ((name, run) in checks) {
        try {
            run()
            println("ok $name")
        } catch (error: Exception) {
            failed = true
            println("not ok $name: $error".replace("\n", " ").take(400))
        }
    }
    exitProcess(if (failed) 1 else 0)
}
