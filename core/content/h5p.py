"""Packs as H5P: a quiz as a Question Set, a scenario as a Branching Scenario, as content without libraries.

2026-11-22: libraries are several megabytes of other people's code; platforms have them, or fetch them when a package
asks. We gave up points, since a question is worth one there. Held by tests/content/test_packs.py for the form only: no
H5P platform has been asked. Source: h5p.org/documentation/developers/h5p-specification and the types' semantics.json
"""

import uuid
from html import escape
from typing import Any

import msgspec

from core.content import archive
from core.content.questions import TRUTH, said
from core.wire.packs import End, Pack, Question, Quiz, Scenario, SingleChoice, Step, Text, TrueFalse

_VERSIONS = {
    "H5P.QuestionSet": (1, 20),
    "H5P.MultiChoice": (1, 16),
    "H5P.TrueFalse": (1, 8),
    "H5P.BranchingScenario": (1, 8),
    "H5P.BranchingQuestion": (1, 0),
    "H5P.AdvancedText": (1, 1),
}
_BUTTONS = {
    "vi": {"check": "Kiểm tra", "solve": "Xem đáp án", "retry": "Làm lại", "start": "Bắt đầu", "go": "Tiếp tục"},
    "en": {"check": "Check", "solve": "Show solution", "retry": "Retry", "start": "Start", "go": "Proceed"},
}


def package(pack: Pack, title: str, language: str) -> bytes:
    """The `.h5p`, in one language; what is not said in it is in Vietnamese. The same bytes each time."""
    if isinstance(pack, Quiz):
        content, libraries = _question_set(pack, language), ["H5P.QuestionSet", "H5P.MultiChoice", "H5P.TrueFalse"]
    else:
        content = {"branchingScenario": _branching(pack, title, language)}
        libraries = ["H5P.BranchingScenario", "H5P.BranchingQuestion", "H5P.AdvancedText"]
    about = {
        "title": title,
        "language": language,
        "defaultLanguage": language,
        "mainLibrary": libraries[0],
        "embedTypes": ["iframe"],
        "license": "U",
        "preloadedDependencies": [_dependency(name) for name in libraries],
    }
    files = {"h5p.json": about, "content/content.json": content}
    return archive.zipped({name: msgspec.json.encode(value) for name, value in files.items()})


def _dependency(name: str) -> dict[str, Any]:
    major, minor = _VERSIONS[name]
    return {"machineName": name, "majorVersion": major, "minorVersion": minor}


def _question_set(quiz: Quiz, language: str) -> dict[str, Any]:
    return {
        "introPage": {"showIntroPage": False},
        "progressType": "dots",
        "passPercentage": 50,
        "questions": [_question(one, language) for one in quiz.questions],
        "disableBackwardsNavigation": False,
        "randomQuestions": False,
        "endGame": {"showResultPage": True, "showSolutionButton": True, "showRetryButton": True},
    }


def _question(question: Question, language: str) -> dict[str, Any]:
    if isinstance(question, TrueFalse):
        return _library("H5P.TrueFalse", question.id, _true_false(question, language))
    explanation = _in(question.explanation, language)
    params = {
        "question": _html(question.text, language),
        "answers": [
            {
                "text": _html(one.text, language),
                "correct": one.right,
                "tipsAndFeedback": {
                    "tip": "",
                    "chosenFeedback": _html(one.feedback, language) if one.feedback else "",
                    "notChosenFeedback": "",
                },
            }
            for one in question.choices
        ],
        "overallFeedback": [{"from": 0, "to": 100, "feedback": explanation}],
        "behaviour": {
            "enableRetry": True,
            "enableSolutionsButton": True,
            "type": "single" if isinstance(question, SingleChoice) else "multi",
            "singlePoint": True,
            "randomAnswers": False,
        },
        "UI": _buttons(language, checkAnswerButton="check", showSolutionButton="solve", tryAgainButton="retry"),
    }
    return _library("H5P.MultiChoice", question.id, params)


def _true_false(question: TrueFalse, language: str) -> dict[str, Any]:
    explanation = _in(question.explanation, language)
    yes, no = TRUTH.get(language, TRUTH["vi"])
    buttons = _buttons(language, checkAnswer="check", showSolutionButton="solve", tryAgain="retry")
    return {
        "question": _html(question.text, language),
        "correct": "true" if question.right else "false",
        "l10n": {"trueText": yes, "falseText": no} | buttons,
        "behaviour": {
            "enableRetry": True,
            "enableSolutionsButton": True,
            "feedbackOnCorrect": explanation,
            "feedbackOnWrong": explanation,
        },
    }


def _branching(scenario: Scenario, title: str, language: str) -> dict[str, Any]:
    at = {one.id: number for number, one in enumerate(scenario.steps)}
    last = {"endScreenTitle": f"<p>{escape(title)}</p>", "endScreenSubtitle": "", "contentId": -1, "endScreenScore": 0}
    return {
        "title": title,
        "startScreen": {"startScreenTitle": f"<p>{escape(title)}</p>", "startScreenSubtitle": ""},
        "endScreens": [last],
        "content": [_node(one, at, language) for one in scenario.steps],
        "scoringOptionGroup": {"scoringOption": "no-score", "includeInteractionsScores": False},
        "behaviour": {
            "enableBackwardsNavigation": True,
            "forceContentFinished": False,
            "randomizeBranchingQuestions": False,
        },
        "l10n": _buttons(language, startScreenButtonText="start", endScreenButtonText="retry", proceedButtonText="go"),
    }


def _node(step: Step | End, at: dict[str, int], language: str) -> dict[str, Any]:
    """A step asks; an end says its piece and goes on to the end screen, which is -1."""
    rest = {"showContentTitle": False, "forceContentFinished": "useBehavioural", "contentBehaviour": "useBehavioural"}
    if isinstance(step, End):
        text = _html(step.text, language) + _html(step.advice, language)
        return {"type": _library("H5P.AdvancedText", step.id, {"text": text}), "nextContentId": -1} | rest
    ways = [
        {
            "text": _in(way.text, language),
            "nextContentId": at[way.next],
            "feedback": {"title": "", "subtitle": _html(way.feedback, language) if way.feedback else ""},
        }
        for way in step.ways
    ]
    asked = {"branchingQuestion": {"question": _html(step.text, language), "alternatives": ways}}
    return {"type": _library("H5P.BranchingQuestion", step.id, asked)} | rest


def _library(name: str, id: str, params: dict[str, Any]) -> dict[str, Any]:
    major, minor = _VERSIONS[name]
    return {
        "library": f"{name} {major}.{minor}",
        "params": params,
        # The same each time, so that the package is.
        "subContentId": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name} {id}")),
        "metadata": {"contentType": name.partition(".")[2], "license": "U", "title": id},
    }


def _buttons(language: str, **names: str) -> dict[str, str]:
    words = _BUTTONS.get(language, _BUTTONS["vi"])
    return {name: words[word] for name, word in names.items()}


def _html(text: Text, language: str) -> str:
    return "".join(f"<p>{line}</p>" for line in _in(text, language).splitlines())


def _in(text: Text, language: str) -> str:
    """As HTML, which all texts of these content types are."""
    return escape(said(text, language))
