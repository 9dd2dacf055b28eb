from jaxswap.cli import notes


def test_each_notice_is_a_line(capsys):
    notes.show(("one", "two"))
    assert capsys.readouterr().out == "Note: one\nNote: two\n"


def test_of_a_great_many_the_first_are_printed_and_the_others_counted(capsys):
    notes.show([str(number) for number in range(notes.MOST + 3)])
    printed = capsys.readouterr().out.splitlines()
    assert printed[notes.MOST - 1 :] == [
        f"Note: {notes.MOST - 1}",
        "Note: 3 more such lines are in the report of --json",
    ]
