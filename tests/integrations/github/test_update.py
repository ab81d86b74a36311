"""After an update an issue has one comment or none, also where the server loses answers."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dupfind.collection.writable import WritableCollection
from dupfind.errors import SourceError
from dupfind.integrations.github.api import GitHubRepository
from dupfind.integrations.github.comment import withdrawal
from dupfind.integrations.github.policy import CommentDecision
from dupfind.integrations.github.update import SuggestOptions, update_backlog, update_issue
from dupfind.sources.apis.credentials import Token
from dupfind.sources.apis.project_url import parse
from tests.support.discussions import BOT, Discussions, actor
from tests.support.fake_services import Reply, Server, StoredIssue, hasten, serving
from tests.support.github_tracker import NEW, OLD, OTHER, index, tracker
from tests.support.verdicts import judged

pytestmark = pytest.mark.slow

TOKEN = "s3cr3t-t0ken"
POSTS = SuggestOptions(posts=True)


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Discussions:
    hasten(monkeypatch)
    return tracker()


@pytest.fixture
def server(github: Discussions) -> Iterator[Server]:
    with serving(github) as server:
        github.site = server.url
        yield server


class Bot:
    """What visits."""

    def __init__(self, github: Discussions, collection: WritableCollection) -> None:
        place = parse(github.location())
        self.collection: WritableCollection = collection
        self.repository = GitHubRepository(place, Token(TOKEN, "set GITHUB_TOKEN"), place.location)

    def visit(self, number: int, manner: SuggestOptions = POSTS, *, judges: bool = True) -> CommentDecision:
        with self.repository.api.session():
            return update_issue(self.repository, number, self.collection if judges else None, manner)


@pytest.fixture
def bot(server: Server, github: Discussions, writable: WritableCollection) -> Bot:
    index(writable, github)
    judged(writable, likely=0.6, possible=0.5)
    server.requests.clear()
    return Bot(github, writable)


def test_a_new_duplicate_gets_one_comment_with_its_reason(github: Discussions, bot: Bot) -> None:
    assert bot.visit(NEW.number).summary.startswith("suggests #7")
    [comment] = github.ours(NEW.number)
    assert f"[`#7`](<{github.site}/owner/repo/issues/7>) **worker dies when the redis password" in comment
    assert "** (open, 2024-02-01)\\\n  likely (probability " in comment
    assert "): both say ValueError" in comment
    assert github.writes == [("POST", "/issues/900/comments")]


def test_a_copy_is_likely_with_its_reason(github: Discussions, bot: Bot) -> None:
    old = github.talks[OLD.number]
    github.put(StoredIssue(NEW.number, OLD.title, NEW.updated))
    github.talks[NEW.number].body = old.body
    assert bot.visit(NEW.number).summary.startswith("suggests #7")
    [comment] = github.ours(NEW.number)
    assert "\\\n  likely (" in comment
    assert "): both say the same, to the letter" in comment


def test_an_issue_like_no_other_gets_none(github: Discussions, bot: Bot) -> None:
    assert bot.visit(OTHER.number).summary.startswith("nothing: not sure enough; nearest is #")
    assert github.writes == []


def test_the_older_of_two_gets_none(github: Discussions, bot: Bot) -> None:
    bot.visit(OLD.number)
    assert github.writes == []


def test_the_same_run_again_writes_nothing(github: Discussions, bot: Bot) -> None:
    bot.visit(NEW.number)
    github.writes.clear()
    bot.visit(NEW.number)
    assert github.writes == []


def test_an_edit_that_changes_the_candidates_edits_the_comment(github: Discussions, bot: Bot) -> None:
    bot.visit(NEW.number)
    github.talks[NEW.number].body = "ValueError: invalid escape, version 3.1"
    bot.visit(NEW.number)
    [comment] = github.ours(NEW.number)
    assert "version 4.0 here" not in comment
    assert [method for method, _ in github.writes] == ["POST", "PATCH"]


def test_an_edit_that_makes_it_unsure_takes_the_comment_back(github: Discussions, bot: Bot) -> None:
    bot.visit(NEW.number, replace(POSTS, label="maybe"))
    assert github.talks[NEW.number].labels == ["maybe"]
    github.put(StoredIssue(NEW.number, OTHER.title, NEW.updated))
    github.talks[NEW.number].body = "something else altogether"
    bot.visit(NEW.number, replace(POSTS, label="maybe"))
    assert github.ours(NEW.number) == []
    assert github.talks[NEW.number].labels == []


def test_our_comment_is_found_behind_many_others(github: Discussions, bot: Bot, server: Server) -> None:
    for place in range(7):
        github.say(NEW.number, f"me too {place}", f"user{place}")
    bot.visit(NEW.number)
    github.say(NEW.number, "and me", "eve")
    github.writes.clear()
    server.requests.clear()
    bot.visit(NEW.number)
    assert github.writes == []
    assert len(server.requests) == 5  # nine comments, two a page


def test_of_two_comments_of_ours_one_stays(github: Discussions, bot: Bot) -> None:
    bot.visit(NEW.number)
    github.say(NEW.number, github.ours(NEW.number)[0], BOT)
    bot.visit(NEW.number)
    assert len(github.ours(NEW.number)) == 1


def test_a_copy_of_our_comment_by_somebody_else_is_left_alone(github: Discussions, bot: Bot) -> None:
    bot.visit(NEW.number)
    copy = github.say(NEW.number, github.ours(NEW.number)[0], "eve")
    github.talks[NEW.number].comments.reverse()
    bot.visit(NEW.number)
    assert copy in github.talks[NEW.number].comments
    assert len(github.writes) == 1


@pytest.mark.parametrize("login", ["ann", "max"], ids=["author", "triage"])
def test_a_thumbs_down_withdraws_it_for_good(github: Discussions, bot: Bot, login: str) -> None:
    bot.visit(NEW.number)
    github.thumb(NEW.number, login)
    bot.visit(NEW.number)
    assert github.ours(NEW.number) == [withdrawal()]
    github.talks[NEW.number].comments[0] = replace(github.talks[NEW.number].comments[0], thumbs_down=())
    bot.visit(NEW.number)
    assert github.ours(NEW.number) == [withdrawal()]


@pytest.mark.parametrize("login", ["eve", "gone"])
def test_a_thumbs_down_of_a_stranger_changes_nothing(github: Discussions, bot: Bot, login: str) -> None:
    github.roles["eve"] = "read"
    bot.visit(NEW.number)
    github.thumb(NEW.number, login)
    bot.visit(NEW.number)
    assert len(github.writes) == 1


def test_a_thumbs_down_whose_author_the_token_may_not_look_up_is_reported(
    github: Discussions, bot: Bot, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    bot.visit(NEW.number)
    github.thumb(NEW.number, "max")
    server.faults = [None, Reply({"message": "Resource not accessible by integration"}, 403)]
    bot.visit(NEW.number)
    assert len(github.writes) == 1
    assert "the thumbs-down of max does not count: " in caplog.text


def test_an_answer_withdraws_it_without_an_index(github: Discussions, bot: Bot) -> None:
    bot.visit(NEW.number, replace(POSTS, label="maybe"))
    assert bot.visit(NEW.number, judges=False).summary == "nothing: nobody has objected"
    github.say(NEW.number, "/not-a-duplicate", "ann")
    bot.visit(NEW.number, judges=False)
    assert github.ours(NEW.number) == [withdrawal()]
    assert github.talks[NEW.number].labels == []
    bot.visit(NEW.number)
    assert github.ours(NEW.number) == [withdrawal()]


def test_a_comment_that_somebody_has_deleted_does_not_come_back(github: Discussions, bot: Bot) -> None:
    bot.visit(NEW.number)
    talk = github.talks[NEW.number]
    talk.comments.clear()
    deleted = {"__typename": "CommentDeletedEvent", "deletedCommentAuthor": actor(BOT)}
    talk.events.append(deleted | {"actor": actor(BOT)})
    assert bot.visit(NEW.number, SuggestOptions()).is_new  # we took it back ourselves
    talk.events.append(deleted | {"actor": actor("max")})
    bot.visit(NEW.number)
    assert github.ours(NEW.number) == []


def test_the_edit_of_a_person_in_our_comment_stays(github: Discussions, bot: Bot) -> None:
    bot.visit(NEW.number)
    github.talks[NEW.number].body = "ValueError: invalid escape, version 3.1"
    bot.visit(NEW.number)  # our own edit is none of a person's
    [comment] = github.talks[NEW.number].comments
    edited = replace(comment, body="Looks right to me.\n\n" + comment.body, editor="max")
    github.talks[NEW.number].comments = [edited]
    github.talks[NEW.number].body = "something else altogether"
    bot.visit(NEW.number)
    assert github.talks[NEW.number].comments == [edited]
    assert [method for method, _ in github.writes] == ["POST", "PATCH"]


@pytest.mark.parametrize("mark", ["closed", "locked", "event", "label"])
def test_an_issue_that_is_marked_already_gets_no_comment(github: Discussions, bot: Bot, mark: str) -> None:
    talk = github.talks[NEW.number]
    if mark == "closed":
        github.put(NEW._replace(is_open=False))
    elif mark == "locked":
        talk.is_locked = True
    elif mark == "event":
        talk.events.append({"__typename": "MarkedAsDuplicateEvent"})
    else:
        talk.labels.append("duplicate")
    assert bot.visit(NEW.number).summary == "nothing: closed, locked, or marked as a duplicate"
    assert github.writes == []


def test_a_mark_that_was_removed_does_not_count(github: Discussions, bot: Bot) -> None:
    github.talks[NEW.number].events += [
        {"__typename": "MarkedAsDuplicateEvent"},
        {"__typename": "UnmarkedAsDuplicateEvent"},
    ]
    assert bot.visit(NEW.number, SuggestOptions()).is_new


def test_a_known_duplicate_is_named_by_its_original(github: Discussions, bot: Bot) -> None:
    github.put(StoredIssue(5, "the one that all others are closed for", "2024-01-01T00:00:00Z"))
    github.talks[5] = replace(github.talks[OTHER.number], body="")
    github.put(OLD._replace(original=5, is_open=False))
    index(bot.collection, github)
    bot.visit(NEW.number)
    [comment] = github.ours(NEW.number)
    assert "the one that all others are closed for" in comment
    assert "of which `#7` is a duplicate" in comment


def test_an_issue_is_never_suggested_as_its_own_original(github: Discussions, bot: Bot) -> None:
    github.put(OLD._replace(original=NEW.number, is_open=False))
    index(bot.collection, github)
    bot.visit(NEW.number)
    assert all("[`#900`]" not in comment for comment in github.ours(NEW.number))


def test_a_dry_run_writes_nothing(github: Discussions, bot: Bot) -> None:
    assert bot.visit(NEW.number, SuggestOptions(label="maybe")).is_new
    assert github.writes == []


@pytest.mark.parametrize("number", [800, 4_000])
def test_a_pull_request_or_no_issue_is_an_error(github: Discussions, bot: Bot, number: int) -> None:
    github.put(StoredIssue(800, "a change", "2024-06-01T00:00:00Z", is_pull=True))
    with pytest.raises(SourceError, match=f"gave no issue {number} of owner/repo: Could not resolve"):
        bot.visit(number)


def test_a_comment_whose_answer_is_lost_is_not_written_twice(
    github: Discussions, bot: Bot, server: Server
) -> None:
    answer = server.answer
    lost = [Reply({"id": 1}, 201, is_cut=True)]

    def losing(request: object) -> Reply:
        reply = answer(request)  # type: ignore[arg-type]
        return lost.pop() if github.writes and lost else reply

    server.answer = losing
    bot.visit(NEW.number)
    assert len(github.ours(NEW.number)) == 1
    assert github.writes == [("POST", "/issues/900/comments")]


def test_a_comment_that_was_not_written_is_written_at_the_second_attempt(
    github: Discussions, bot: Bot, server: Server
) -> None:
    server.faults = [None, Reply({"message": "oh"}, 502)]
    bot.visit(NEW.number)
    assert len(github.ours(NEW.number)) == 1


@pytest.mark.parametrize("at", [0, 1], ids=["reading", "writing"])
def test_a_limit_is_waited_for(github: Discussions, bot: Bot, server: Server, at: int) -> None:
    limit = Reply({"message": "You have exceeded a secondary rate limit"}, 403, {"Retry-After": "0"})
    server.faults = [None] * at + [limit, limit]
    bot.visit(NEW.number)
    assert len(github.ours(NEW.number)) == 1


@pytest.mark.parametrize("at", [0, 1], ids=["reading", "writing"])
@pytest.mark.parametrize("status", [401, 403, 404, 410, 422])
def test_a_refusal_is_one_line_without_the_token(bot: Bot, server: Server, status: int, at: int) -> None:
    server.faults = [None] * at + [Reply({"message": f"Resource not accessible with {TOKEN}"}, status)]
    with pytest.raises(SourceError, match=f"answers {status}") as caught:
        bot.visit(NEW.number)
    assert TOKEN not in str(caught.value)
    assert len(server.requests) == at + 1


def test_a_redirect_to_another_host_gets_no_token(bot: Bot, server: Server) -> None:
    with serving(lambda _: Reply({})) as elsewhere:
        server.faults = [Reply({}, 307, {"Location": f"{elsewhere.url}/api/graphql"})]
        with pytest.raises(SourceError, match="answers 307"):
            bot.visit(NEW.number)
        server.faults = [None, Reply({}, 308, {"Location": f"{elsewhere.url}/api/v3/x"})]
        with pytest.raises(SourceError, match="answers 308"):
            bot.visit(NEW.number)
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        {"data": None},
        {"data": {"viewer": {"login": BOT}, "repository": []}},
        {"data": {"repository": 7}},
    ],
)
def test_an_answer_of_another_shape_is_an_error(bot: Bot, server: Server, odd: object) -> None:
    server.faults = [Reply(odd)]
    with pytest.raises(SourceError, match="gave no issue 900"):
        bot.visit(NEW.number)


def test_fields_of_other_types_do_no_harm(bot: Bot, server: Server) -> None:
    issue: dict[str, object] = {
        "title": 7,
        "body": None,
        "author": [],
        "createdAt": "yesterday",
        "labels": {"nodes": [None, {"name": 3}]},
        "timelineItems": {"nodes": [{"__typename": 3}, {"__typename": "CommentDeletedEvent", "actor": 1}]},
        "comments": {
            "nodes": [None, {"url": "x"}, {"url": "#issuecomment-1", "reactions": 3}],
            "pageInfo": 5,
        },
    }
    server.faults = [Reply({"data": {"viewer": {"login": BOT}, "repository": {"issue": issue}}})]
    assert bot.visit(NEW.number).body is None


def test_the_backlog_is_the_open_issues_that_look_like_older_ones(github: Discussions, bot: Bot) -> None:
    again = StoredIssue(902, NEW.title + " again", "2024-07-01T00:00:00Z")
    done = StoredIssue(903, NEW.title + " once more", "2024-07-02T00:00:00Z", is_open=False)
    for issue in (again, done):
        github.put(issue)
        github.talks[issue.number] = replace(github.talks[NEW.number])
    index(bot.collection, github)
    numbers = list(update_backlog(bot.collection, bot.repository, SuggestOptions()))
    assert numbers[:2] == [902, 900]
    assert not {7, 901, 903} & set(numbers)
