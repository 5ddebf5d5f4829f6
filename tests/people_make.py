#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""people_make.py COUNT: writes people as `latchkey people import` takes them, always the same ones.

Groups: team-* of 10 members, site-* of 1,000, region-* of 50,000 (as far as there are so many
people), and projects that some are in many of. Everybody is in at least five; of the first three
people the first is in exactly 5, the second in 50, the third in 500.
"""
import argparse
import hashlib
import random
import sys

FIRST = """ada alan anna barbara brian carol chen claire daniel dennis edsger elena emma fatima felix frances
grace hana hedy ingrid ivan james jean joan john jorge karen katherine ken kofi lea leslie linus lotfi
maria margaret mary mei mohamed niklaus nina olga omar paul peter priya radia rosa ruth sofia sven tim
tomas vera wei yuki zoe""".split()
LAST = """allen backus bauer berg bernard brown castro chandra dijkstra evans fischer garcia goldberg haddad
hamilton hansen hopper ito ivanova jansen johnson kahn kay kim kovacs lamarr lamport larsen liskov
lovelace martin meyer miller moreau mueller nakamura nguyen novak okafor olsen perlman popescu ritchie
rossi sato schmidt silva singh smith sokolov tanaka thompson torres turing varga wagner wang weber wirth
yilmaz zhang""".split()
# How many groups somebody is in, and for how many of a thousand that is so.
GROUPS = ((5, 600), (10, 250), (20, 130), (50, 19), (500, 1))
FAMILIES = (("team", 10), ("site", 1000), ("region", 50000))
SPECIAL = (5, 50, 500)


def guid(text):
    digits = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def group(family, number):
    name = f"{family}-{number:06}"
    return f'{{"object_id":"{guid(name)}","name":"{name}"}}'


def groups_of(person, dice, fixed, projects, counts):
    own = [fixed[family][person // size] for family, size in FAMILIES]
    many = SPECIAL[person] if person < len(SPECIAL) else dice.choice(counts)
    return own + dice.sample(projects, many - len(own))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("count", type=int)
    parser.add_argument("--domain", default="contoso.example")
    parser.add_argument("--tenant", help="default: none, the host knows it")
    wanted = parser.parse_args()
    dice = random.Random(1)
    fixed = {family: [group(family, i) for i in range(wanted.count // size + 1)] for family, size in FAMILIES}
    projects = [group("project", i) for i in range(max(600, wanted.count // 8))]
    counts = [many for many, share in GROUPS for _ in range(share)]
    tenant = f'"tenant":"{wanted.tenant}",' if wanted.tenant else ""
    for person in range(wanted.count):
        first, last = FIRST[person % len(FIRST)], LAST[person // len(FIRST) % len(LAST)]
        short = f"{first}.{last}{person:06}"
        sys.stdout.write(
            f'{{"name":"{short}@{wanted.domain}","object_id":"{guid(short)}",{tenant}'
            f'"gecos":"{first.title()} {last.title()}","home":"/home/{short}","shell":"/bin/bash",'
            f'"groups":[{",".join(groups_of(person, dice, fixed, projects, counts))}]}}\n')


if __name__ == "__main__":
    main()
