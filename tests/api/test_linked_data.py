"""Linked data: an RDF reader understands it, and the vocabulary keeps the conditions of SKOS."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS, Namespace

from api.app import create_app
from api.settings import Settings
from corpus import FACETS, read_corpus
from indexer.engines import open_engine
from indexer.pipeline import build
from tests.api.conforming import ConformingClient

# rdflib's JSON-LD reader uses its own deprecated class.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
HOST = "https://api.example"
SCHEMA = Namespace("https://schema.org/")
CORPUS = Path(__file__).parents[2] / "corpus"


def graph_of(client: ConformingClient, path: str) -> Graph:
    """What an RDF reader makes of an answer, read at an address of a host."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "application/ld+json"
    return Graph().parse(data=answer.get_data(as_text=True), format="json-ld", publicID=HOST + path)


@pytest.fixture(scope="module")
def skos(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """The packaged vocabulary as it is served over a corpus of one text."""
    root = tmp_path_factory.mktemp("packaged")
    (root / "texts").mkdir()
    (root / "texts" / "one.txt").write_text("Feeling numb may be a symptom of depression, and it can lift again.\n")
    url = f"whoosh:{root / 'index'}"
    build(root / "texts", url)
    engine = open_engine(url)
    app = create_app(Settings(), engine)
    app.test_client_class = ConformingClient
    client = app.test_client()
    assert isinstance(client, ConformingClient)
    found = graph_of(client, "/v1/vocabulary")
    engine.close()
    return found


def test_every_topic_is_a_concept_with_all_it_has(skos: Graph) -> None:
    vocabulary = read_corpus(CORPUS).vocabulary
    assert len(set(skos.subjects(RDF.type, SKOS.Concept))) == len(vocabulary)
    for topic in vocabulary:
        node = URIRef(f"{HOST}/v1/topics/{topic.id}")
        assert set(skos.objects(node, SKOS.prefLabel)) == {Literal(topic.pref_label, lang="en")}
        assert set(skos.objects(node, SKOS.altLabel)) == {Literal(label, lang="en") for label in topic.alt_labels}
        assert set(skos.objects(node, SKOS.hiddenLabel)) >= {
            Literal(label, lang="en")
            for label in topic.hidden_labels
            if label not in (topic.pref_label, *topic.alt_labels)
        }
        assert set(skos.objects(node, SKOS.definition)) == {Literal(topic.definition, lang="en")}
        assert set(skos.objects(node, SKOS.broader)) == {URIRef(f"{HOST}/v1/topics/{it}") for it in topic.broader}
        assert set(skos.objects(node, SKOS.closeMatch)) == {URIRef(mapping.uri) for mapping in topic.mappings}
        assert set(skos.objects(node, SKOS.inScheme)) == {URIRef(f"{HOST}/v1/vocabulary")}


def test_the_scheme_has_licence_version_and_top_concepts(skos: Graph) -> None:
    (scheme,) = skos.subjects(RDF.type, SKOS.ConceptScheme)
    assert scheme == URIRef(f"{HOST}/v1/vocabulary")
    assert set(skos.objects(scheme, DCTERMS.license)) == {URIRef("https://creativecommons.org/licenses/by/4.0/")}
    top = set(skos.objects(scheme, SKOS.hasTopConcept))
    assert top
    assert top == set(skos.subjects(SKOS.topConceptOf, scheme))
    assert not any(list(skos.objects(concept, SKOS.broader)) for concept in top)


def test_roles_are_collections(skos: Graph) -> None:
    vocabulary = read_corpus(CORPUS).vocabulary
    for facet in FACETS:
        members = set(skos.objects(URIRef(f"{HOST}/v1/vocabulary#{facet}"), SKOS.member))
        assert len(members) == sum(facet in topic.facets for topic in vocabulary)


# The integrity conditions of the SKOS reference that data can break: each query finds what breaks it.
CONDITIONS = {
    "S9: a concept is no scheme": "{ ?x a skos:Concept, skos:ConceptScheme }",
    "S13: labels of different kinds are different": """
        {{ ?x skos:prefLabel ?l ; skos:altLabel ?l } UNION { ?x skos:prefLabel ?l ; skos:hiddenLabel ?l }
         UNION { ?x skos:altLabel ?l ; skos:hiddenLabel ?l }}""",
    "S14: one preferred label in a language": """
        { ?x skos:prefLabel ?a, ?b FILTER (lang(?a) = lang(?b) && str(?a) < str(?b)) }""",
    "S27: what is related is neither broader nor narrower": "{ ?x skos:related ?y . ?x skos:broader+ ?y }",
    "S37: a collection is neither concept nor scheme": """
        { ?x a skos:Collection . { ?x a skos:Concept } UNION { ?x a skos:ConceptScheme } }""",
    "S46: an exact match is no broad or related match": """
        { ?x skos:exactMatch ?y { ?x skos:broadMatch ?y } UNION { ?x skos:relatedMatch ?y } }""",
    "no concept is broader than itself": "{ ?x skos:broader+ ?x }",
    "each concept has a preferred label": "{ ?x a skos:Concept FILTER NOT EXISTS { ?x skos:prefLabel ?l } }",
    "narrower is broader turned round": """
        { ?x skos:broader ?y FILTER NOT EXISTS { ?y skos:narrower ?x } }""",
    "related holds both ways": "{ ?x skos:related ?y FILTER NOT EXISTS { ?y skos:related ?x } }",
    "what is pointed to is there": """
        { ?x skos:broader|skos:narrower|skos:related|skos:member ?y FILTER NOT EXISTS { ?y a skos:Concept } }""",
    "no two concepts share a preferred label": """
        { ?x skos:prefLabel ?l . ?y skos:prefLabel ?l FILTER (str(?x) < str(?y)) }""",
}
BREAKING = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix : <https://x.example/> .
:a a skos:Concept, skos:ConceptScheme, skos:Collection ; skos:prefLabel "a"@en, "b"@en ; skos:altLabel "a"@en ;
   skos:broader :b, :a ; skos:related :b ; skos:exactMatch :c ; skos:broadMatch :c ; skos:narrower :gone .
:b a skos:Concept .
:d skos:prefLabel "a"@en .
"""


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_conditions_of_skos_hold(skos: Graph, condition: str) -> None:
    broken = list(skos.query(f"SELECT * WHERE {CONDITIONS[condition]} LIMIT 5", initNs={"skos": SKOS}))
    assert broken == []


@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_condition_can_fail(condition: str) -> None:
    graph = Graph().parse(data=BREAKING, format="turtle")
    assert list(graph.query(f"SELECT * WHERE {CONDITIONS[condition]} LIMIT 5", initNs={"skos": SKOS}))


def test_the_context_is_text_to_text(memory_client: ConformingClient) -> None:
    """So that generated clients read it as a map of strings."""
    for path in ("/v1/vocabulary", "/v1/documents/numbness/schema-org"):
        context = json.loads(memory_client.get(path).get_data())["@context"]
        assert all(isinstance(value, str) for value in context.values())


def test_a_document_is_a_medical_web_page(client: ConformingClient) -> None:
    graph = graph_of(client, "/v1/documents/numbness/schema-org")
    (page,) = graph.subjects(RDF.type, SCHEMA.MedicalWebPage)
    assert page == URIRef(f"{HOST}/v1/documents/numbness")
    said = {
        "name": "What is “numbness”?",
        "description": "About numbness.",
        "inLanguage": "en",
        "lastReviewed": "2026-11-01",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "url": "https://texts.example/numbness",
    }
    for name, value in said.items():
        assert [str(found) for found in graph.objects(page, SCHEMA[name])] == [value], name
    (work,) = graph.objects(page, SCHEMA.isBasedOn)
    assert graph.value(work, SCHEMA.name) == Literal("A book on feelings")
    authors = {
        (str(graph.value(author, SCHEMA.name)), graph.value(author, RDF.type))
        for author in graph.objects(page, SCHEMA.author)
    }
    assert authors == {("Ada Example", SCHEMA.Person), ("Ben & Sons", SCHEMA.Organization)}
    kinds = {
        str(graph.value(topic, SCHEMA.identifier)): graph.value(topic, RDF.type)
        for topic in graph.objects(page, SCHEMA.about)
    }
    assert kinds["emotional-numbness"] == SCHEMA.MedicalSignOrSymptom
    assert kinds["depression"] == SCHEMA.MedicalCondition
    assert kinds["journaling"] == SCHEMA.DefinedTerm


def test_an_unknown_document_has_no_metadata(client: ConformingClient) -> None:
    answer = client.get("/v1/documents/numbnes/schema-org")
    assert answer.status_code == 404
    assert "did you mean 'numbness'" in answer.get_json()["detail"]


def test_linked_data_can_be_kept_and_asked_for_again(client: ConformingClient) -> None:
    for path in ("/v1/vocabulary", "/v1/documents/numbness/schema-org"):
        first = client.get(path)
        assert first.headers["Cache-Control"].startswith("public")
        assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
