from collections.abc import Mapping

from app.catalogue import FUNCTIONS, UserPoolTrigger
from tests.infra.template import Template

_POOL = {
    "LambdaConfig": {"PostConfirmation": "${ConfirmAccount.Arn}"},
    "UsernameAttributes": ["email"],  # and nothing else, so that the user name equals the token's `sub`
    "UsernameConfiguration": {"CaseSensitive": False},
    "AutoVerifiedAttributes": ["email"],
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
    "Schema": [{"Name": "email", "Required": True, "Mutable": True}],
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
    "Policies": {
        "PasswordPolicy": {
            "MinimumLength": 12,
            "RequireLowercase": True,
            "RequireUppercase": True,
            "RequireNumbers": True,
            "RequireSymbols": False,
            "TemporaryPasswordValidityDays": 3,
        }
    },
    "MfaConfiguration": "OPTIONAL",
    "EnabledMfas": ["SOFTWARE_TOKEN_MFA"],
}
_CLIENT = {
    "UserPoolId": "${UserPool}",
    "GenerateSecret": False,
    "AllowedOAuthFlowsUserPoolClient": False,
    "SupportedIdentityProviders": ["COGNITO"],
    "PreventUserExistenceErrors": "ENABLED",
    "EnableTokenRevocation": True,
    "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "minutes"},
    "RefreshTokenValidity": 30 * 24 * 60,
}


def test_people_sign_in_by_a_verified_address_and_in_prod_only_whom_an_administrator_added(
    templates: Mapping[str, Template],
) -> None:
    assert _pool(templates["dev"]) == {
        **_POOL,
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False},
        "DeletionProtection": "INACTIVE",
    }
    assert _pool(templates["prod"]) == {
        **_POOL,
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
        "DeletionProtection": "ACTIVE",
    }


def test_the_client_has_no_secret_and_sends_the_password_itself_only_in_dev(templates: Mapping[str, Template]) -> None:
    assert templates["dev"].properties("UserPoolClient") == {
        **_CLIENT,
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "AccessTokenValidity": 12 * 60,
        "IdTokenValidity": 12 * 60,
    }
    assert templates["prod"].properties("UserPoolClient") == {
        **_CLIENT,
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "AccessTokenValidity": 60,
        "IdTokenValidity": 60,
    }


def test_there_is_one_pool_one_client_and_the_group_of_administrators(template: Template) -> None:
    assert list(template.all("AWS::Cognito::UserPool")) == ["UserPool"]
    assert list(template.all("AWS::Cognito::UserPoolClient")) == ["UserPoolClient"]
    [group] = template.all("AWS::Cognito::UserPoolGroup").values()
    assert (group["UserPoolId"], group["GroupName"]) == ("${UserPool}", "admins")


def test_the_pool_alone_calls_what_the_catalogue_says_it_calls(template: Template) -> None:
    called = [each.name for each in FUNCTIONS if any(isinstance(way, UserPoolTrigger) for way in each.triggers)]
    permissions = template.all("AWS::Lambda::Permission").values()
    assert [each for each in permissions if each["Principal"] == "cognito-idp.amazonaws.com"] == [
        {
            "Action": "lambda:InvokeFunction",
            "FunctionName": f"${{{name}.Arn}}",
            "Principal": "cognito-idp.amazonaws.com",
            "SourceArn": "${UserPool.Arn}",
        }
        for name in called
    ]
    assert called == ["ConfirmAccount"]


def _pool(template: Template) -> dict[str, object]:
    """The pool without the texts of its mails, which are the CDK's own."""
    texts = {"EmailVerificationMessage", "EmailVerificationSubject", "SmsVerificationMessage"}
    texts.add("VerificationMessageTemplate")
    return {key: value for key, value in template.properties("UserPool").items() if key not in texts}
