"""Identity providers whose tokens are let in: single sign-on. What is entered stays as it is; another replaces it."""

from pathlib import Path

from commands import identified
from failure import USAGE, Failure
from shown import show_one
from thing import run_delete, run_list_unpaged, run_show
from typed import assignment, given


def declare(commands):
    verb = commands.group("issuers", "identity providers whose tokens are let in", "/v1/admin/issuers")
    verb("list", "all of them", run_list_unpaged, "", columns=["id", "url", "tenant", "audiences", "createdAt"])
    one = verb(
        "create",
        "let the tokens of one in",
        run_create,
        "https://sso.example.com/realms/acme --tenant TENANT \\\n"
        "      --audience deepseek --role platform-admin=admin --otherwise developer",
    )
    one.add_argument("url", metavar="URL", help="exactly as its tokens have it in iss")
    one.add_argument("--tenant", metavar="ID", required=True, help="whose people they are")
    several = "; several times for more"
    one.add_argument("--audience", action="append", required=True, help="that a token has to be for; several times for more: one is enough")
    one.add_argument("--algorithm", action="append", help="that signs tokens" + several + "; default: RS256, PS256, ES256, EdDSA")
    one.add_argument("--role-claim", metavar="POINTER", help="JSON pointer to the roles in a token; default: /realm_access/roles")
    one.add_argument("--role", action="append", type=assignment, metavar="VALUE=ROLE", help="what a value there makes of a person: admin, developer, auditor or guest" + several)
    one.add_argument("--otherwise", metavar="ROLE", help="of who has none of these; default: they are not let in")
    one.add_argument("--required-claim", action="append", type=assignment, metavar="POINTER=VALUE", help="that a token has to have" + several)
    one.add_argument("--second-factor-acr", action="append", metavar="VALUE", help="of acr that counts as a second factor" + several + "; default: none")
    asked = one.add_argument_group("introspection (RFC 7662), for tokens that are no JWT")
    asked.add_argument("--client-id", metavar="ID", help="that the issuer knows this service by")
    asked.add_argument("--client-secret-file", metavar="FILE", help="that holds the client's secret")
    asked.add_argument("--opaque-prefix", metavar="TEXT", help="what such tokens begin with; '' for any")
    asked.add_argument("--every-token", action="store_true", help="ask the issuer of JWTs too")
    identified(verb("show", "one of them", run_show, "ISSUER --json"))
    identified(verb("delete", "let its tokens in no more", run_delete, "ISSUER", said="Issuer {id} is let in no more."))


def run_create(service, args):
    body = given(
        url=args.url,
        tenant=args.tenant,
        audiences=args.audience,
        algorithms=args.algorithm,
        roleClaim=args.role_claim,
        roles=dict(args.role) if args.role else None,
        otherwise=args.otherwise,
        requiredClaims=dict(args.required_claim) if args.required_claim else None,
        secondFactorAcrs=args.second_factor_acr,
        introspection=introspection(args),
    )
    show_one(args, service.ask("POST", args.path, body=body))


def introspection(args):
    if (args.client_id is None) != (args.client_secret_file is None):
        raise Failure(USAGE, "--client-id and --client-secret-file go together.")
    if args.client_id is None:
        if args.opaque_prefix is not None or args.every_token:
            raise Failure(USAGE, "--opaque-prefix and --every-token need --client-id and --client-secret-file.")
        return None
    return given(
        clientId=args.client_id,
        clientSecret=secret_of(Path(args.client_secret_file)),
        opaquePrefix=args.opaque_prefix,
        everyToken=args.every_token or None,
    )


def secret_of(file):
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise Failure(USAGE, f"--client-secret-file {file}: {getattr(error, 'strerror', None) or 'no text'}.") from None
