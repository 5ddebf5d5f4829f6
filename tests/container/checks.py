"""Prints what holds and what does not, one line each, and the sum at the end."""
import sys
import time
import traceback


DETAIL_MOST = 3000  # characters


class Checks:
    def __init__(self, title, news):
        self.title, self.news = title, news
        self.passed = self.failed = 0

    def that(self, sentence, holds, detail=''):
        """`holds` is anything; a false one is shown, as is `detail`."""
        if holds:
            self.passed += 1
            print(f'  ok    {sentence}', flush=True)
            return True
        self.failed += 1
        print(f'  FAIL  {sentence}', flush=True)
        shown = str(detail or holds or '')[-DETAIL_MOST:]
        print('        ' + shown.replace('\n', '\n        '), flush=True)
        for line in self.news():
            print(f'        | {line}', flush=True)
        return False

    def part(self, sentence, story, *arguments):
        """One part of the story; an exception in it is one failure, and the next part goes on."""
        print(sentence, flush=True)
        begin = time.monotonic()
        try:
            story(*arguments)
        except Exception:  # pylint: disable=broad-except # whatever it was, it is reported
            self.that(f'{sentence}: runs to its end', False, traceback.format_exc())
        print(f'  ({time.monotonic() - begin:.0f} s)', flush=True)

    def end(self):
        print(f'{self.title}: {self.passed} passed, {self.failed} failed')
        sys.exit(1 if self.failed else 0)
