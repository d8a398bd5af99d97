"""What Hugging Face's renderer makes of the templates beside this file, into expected.json.

    pip install transformers jinja2
    python models/chat/tests/templates/render.py
"""

import json
from datetime import datetime, timezone
from pathlib import Path

import jinja2
from transformers.utils import chat_template_utils

NOW = 1_709_210_096
BOS, EOS = "<s>", "</s>"
CONVERSATIONS = [
    [("user", "Hello")],
    [("system", "Be kind. "), ("user", " Who are you?\n")],
    [("user", "One"), ("assistant", " 1 "), ("user", "Two")],
    [("system", "Count."), ("user", "One"), ("assistant", "1"), ("user", "Two"), ("assistant", "2")],
    [("user", "Think"), ("assistant", "<think>\nLong & <b>'wide'</b>\n</think>\n\nDone"), ("user", "\"Again\"\t\u00e9\u4e16\U0001f642")],
    [("user", "Think"), ("assistant", "<think>\nhm\n</think>\n\nDone")],
    [("user", "a"), ("user", "b")],
    [("user", "a"), ("assistant", "stop here"), ("user", "stop here")],
    [("user", "")],
]


class Then(datetime):
    """The moment that templates are told."""

    @classmethod
    def now(cls, tz=None):
        return datetime.fromtimestamp(NOW, timezone.utc)


def main():
    here = Path(__file__).parent
    chat_template_utils.datetime = Then
    renderings = []
    for path in sorted(here.glob("*.jinja")):
        for messages in CONVERSATIONS:
            for answer in [True, False]:
                case = {"template": path.name, "bos": BOS, "eos": EOS, "messages": messages, "answer": answer}
                turns = [{"role": role, "content": content} for role, content in messages]
                try:
                    rendered, _ = chat_template_utils.render_jinja_template(
                        [turns],
                        chat_template=path.read_text(),
                        add_generation_prompt=answer,
                        bos_token=BOS,
                        eos_token=EOS,
                    )
                    case["text"] = rendered[0]
                except jinja2.exceptions.TemplateError as error:
                    case["refused"] = error.message
                renderings.append(case)
    text = json.dumps({"now": NOW, "renderings": renderings}, indent=1, ensure_ascii=False)
    (here / "expected.json").write_text(text + "\n")


main()
