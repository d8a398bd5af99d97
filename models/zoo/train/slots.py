"""Fillers for the slots of a wording.

Names of people, teams, tokens, places and chains are mostly invented from syllables, one by one, so that the model has to copy
what it reads instead of choosing from a list it has learned. Things that a protocol is made of come from the lists below.
"""

from random import Random

TOKENS = ("USDC DAI ETH WETH stETH rETH WBTC USDT ARB OP UNI AAVE COMP LINK CRV MKR GNO LDO ENS BAL FRAX SOL DOT ATOM").split()
CHAINS = "Arbitrum Optimism Base Polygon Scroll Linea Gnosis zkSync Mantle Blast Celo Avalanche Starknet Mode".split()
CITIES = ("Lisbon Berlin Nairobi Denver Bangkok Istanbul Prague Bogota Seoul Lagos Paris Tokyo Vienna Austin Brussels Singapore "
          "Dubai Taipei Zurich Warsaw").split()
FIRST = "Mira Jonas Aisha Pedro Lena Tom Ines Ravi Sofia Omar Nina Kenji Clara Diego Eva Liam Zoe Anna Marco Yuki".split()
LAST = "Okafor Silva Berg Tanaka Novak Rossi Haddad Meyer Costa Lind Ferro Park Duarte Moreau Kaya Weber Singh Olsen".split()
ORG_ENDINGS = ("Labs", "Guild", "Studio", "Collective", "Works", "Security", "Systems", "Research", "Foundation", "Audits", "Group", "DAO")
SYLLABLES = ("ba be bi bo ca co da de di do el en fa fe fi ga go ha in ka ke ki ko la le li lo lu ma me mi mo na ne ni no or pa "
             "po ra re ri ro sa se si so ta te ti to tu va ve vi vo za zu quil bran dor fen gar hol kel mar nor pel ros tal "
             "ven wil").split()

COMPONENTS = (
    "the staking contract", "the bridge", "the lending pool", "the vault", "the price oracle", "the governor", "the timelock",
    "the fee splitter", "the auction house", "the token contract", "the router", "the liquidation engine", "the rewards distributor",
    "the savings module", "the swap pool", "the registry", "the stablecoin", "the vesting contract", "the margin engine",
    "the insurance fund", "the voting contract", "the name service", "the exchange", "the options market",
)
WORKS = (
    "a mobile wallet", "a block explorer", "an analytics dashboard", "a Rust client", "a voting app", "a developer handbook",
    "a subgraph", "a price alert bot", "a tax report tool", "a course for new users", "a translation of the docs", "an SDK for games",
    "a new website", "a risk simulator", "a payments plugin", "a light client", "a data archive", "an accounting tool",
    "a forum archive", "a podcast", "a delegate directory", "a hardware signer", "a test framework", "a monitoring service",
)
EVENTS = (
    "a hackathon", "a meetup", "a conference", "a workshop", "a summer school", "a builders week", "a research retreat", "a demo day",
    "a side event", "a governance summit", "a coding camp", "a community dinner",
)
FAULTS = (
    "an oracle fault", "a price manipulation", "a reentrancy bug", "an exploit", "a leaked key", "a rounding error",
    "a failed liquidation", "a bridge hack", "a wrong price feed", "a flash loan attack", "a storage collision", "an overflow",
    "a phishing attack", "a broken access check", "a stuck withdrawal queue", "a double spend",
)
BODIES = (
    "the grants council", "the multisig", "the security council", "the treasury committee", "the risk team", "the board",
    "the arbitration panel", "the growth committee", "the ethics board", "the technical council", "the signer set",
    "the election committee",
)
MARKETS = (
    "the exchange", "the spot market", "the perpetuals market", "the lending market", "the options market", "the main pool",
    "the stable pool", "the token list", "the index", "the borrow market",
)
INCOMES = (
    "protocol fees", "trading fees", "the revenue", "swap fees", "liquidation fees", "the interest", "sequencer profits",
    "bridge fees", "the yield", "auction proceeds",
)
GROUPS = ("stakers", "token holders", "lockers", "delegates", "node operators", "early users", "validators", "depositors", "voters")

# name of the parameter -> how its values are drawn
PARAMS = {
    "the swap fee": "percent", "the quorum": "percent", "the proposal threshold": "amount", "the voting period": "days",
    "the voting delay": "days", "the timelock delay": "days", "the collateral ratio": "percent", "the liquidation bonus": "percent",
    "the borrow cap": "amount", "the supply cap": "amount", "the debt ceiling": "amount", "the reserve factor": "percent",
    "the withdrawal fee": "percent", "the unbonding time": "days", "the protocol fee": "percent", "the stability fee": "percent",
    "the minimum stake": "amount", "the slashing rate": "percent", "the challenge window": "days", "the interest rate": "percent",
    "the performance fee": "percent", "the epoch length": "days", "the gas limit": "amount", "the flash loan fee": "percent",
}


def invented(rng: Random, least: int = 2, most: int = 3) -> str:
    """A capitalised word of `least` to `most` syllables that nobody has seen before."""
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(least, most))).capitalize()


def listed_or_invented(rng: Random, listed) -> str:
    """Half of the time a name from the list, else an invented one."""
    return rng.choice(listed) if rng.random() < 0.5 else invented(rng)


def amount(rng: Random) -> str:
    """A round or odd number from 10 to several millions, as people write it."""
    digits = rng.choice((2, 3, 3, 4, 4, 5, 5, 5, 6, 6, 7))
    number = rng.randint(10 ** (digits - 1), 10**digits - 1)
    if rng.random() < 0.75:
        unit = 10 ** max(digits - 2, 0)
        number = number // unit * unit
    style = rng.random()
    if style < 0.12 and number >= 1000 and number % 1000 == 0:
        return f"{number // 1000}k"
    if style < 0.2 and number >= 1_000_000 and number % 100_000 == 0:
        return f"{number / 1_000_000:.1f} million"
    return str(number) if style < 0.4 else f"{number:,}"


def percent(rng: Random) -> str:
    """A percentage with no, one or two decimals."""
    style = rng.random()
    if style < 0.6:
        return f"{rng.randint(1, 99)}%"
    return f"{rng.uniform(0.1, 9.9):.1f}%" if style < 0.8 else f"{rng.uniform(0.01, 2.0):.2f}%"


def days(rng: Random) -> str:
    """A length of time."""
    return f"{rng.randint(2, 60)} {rng.choice(('days', 'days', 'hours', 'weeks'))}"


def ticker(rng: Random) -> str:
    """A token: one that exists, or three to five capital letters."""
    if rng.random() < 0.6:
        return rng.choice(TOKENS)
    return "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(rng.randint(3, 5)))


def org(rng: Random) -> str:
    """A team or a company."""
    return f"{invented(rng)} {rng.choice(ORG_ENDINGS)}" if rng.random() < 0.85 else invented(rng)


def person(rng: Random) -> str:
    """A first and a last name, or an ENS name."""
    if rng.random() < 0.2:
        return f"{rng.choice((rng.choice(FIRST), invented(rng))).lower()}.eth"
    return f"{listed_or_invented(rng, FIRST)} {listed_or_invented(rng, LAST)}"


def version(rng: Random) -> str:
    """A release of some code."""
    dotted = ".".join(str(rng.randint(0, 9)) for _ in range(rng.randint(1, 3)))
    return rng.choice(("v", "version ", "release ")) + (dotted if dotted != "0" else "1")


VALUES = {"percent": percent, "amount": amount, "days": days}


def fill(rng: Random) -> dict[str, str]:
    """Draws a filler for every slot that a wording may name. Slots that come in pairs differ: token and token2, value and value2."""
    token, token2 = ticker(rng), ticker(rng)
    while token2 == token:
        token2 = ticker(rng)
    param, kind = rng.choice(list(PARAMS.items()))
    value, value2 = VALUES[kind](rng), VALUES[kind](rng)
    while value2 == value:
        value2 = VALUES[kind](rng)
    return {
        "amount": amount(rng), "token": token, "token2": token2, "org": org(rng), "work": rng.choice(WORKS),
        "event": rng.choice(EVENTS), "city": listed_or_invented(rng, CITIES), "param": param, "value": value, "value2": value2,
        "component": rng.choice(COMPONENTS), "version": version(rng), "chain": listed_or_invented(rng, CHAINS),
        "fault": rng.choice(FAULTS), "person": person(rng), "body": rng.choice(BODIES), "pool": f"{token2}-{ticker(rng)}",
        "percent": percent(rng), "income": rng.choice(INCOMES), "group": rng.choice(GROUPS), "market": rng.choice(MARKETS),
        "days": days(rng),
    }
