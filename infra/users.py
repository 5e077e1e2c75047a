"""Who may sign in: the Cognito user pool, its one client and its group of administrators."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from app import catalogue
from infra.stages import Stage


@dataclass(frozen=True, slots=True)
class Users:
    pool: cognito.UserPool
    client: cognito.UserPoolClient


def add_users(scope: Construct, stage: Stage) -> Users:
    pool = _add_pool(scope, stage)
    pool.add_group("Admins", group_name=catalogue.ADMINS, description="May act for others and address everyone")
    return Users(pool, _add_client(pool, stage))


def add_trigger(pool: cognito.UserPool, trigger: catalogue.UserPoolTrigger, function: lambda_.IFunction) -> None:
    """Has the pool call the function; only this pool may."""
    pool.add_trigger(getattr(cognito.UserPoolOperation, trigger.operation), function)


def _add_pool(scope: Construct, stage: Stage) -> cognito.UserPool:
    return cognito.UserPool(
        scope,
        "UserPool",
        # Only by e-mail: Cognito then makes the user name itself, and it equals the token's `sub`.
        sign_in_aliases=cognito.SignInAliases(email=True),
        sign_in_case_sensitive=False,
        auto_verify=cognito.AutoVerifiedAttrs(email=True),
        keep_original=cognito.KeepOriginalAttrs(email=True),  # a changed address counts once it is verified
        standard_attributes=cognito.StandardAttributes(email=cognito.StandardAttribute(required=True, mutable=True)),
        self_sign_up_enabled=stage.self_sign_up,
        account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
        password_policy=cognito.PasswordPolicy(
            min_length=12,
            require_lowercase=True,
            require_uppercase=True,
            require_digits=True,
            require_symbols=False,  # length protects better than symbols
            temp_password_validity=Duration.days(3),
        ),
        mfa=cognito.Mfa.OPTIONAL,
        mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),  # an app; a text message can be intercepted
        deletion_protection=stage.keeps_data,
        removal_policy=stage.removal,
    )


def _add_client(pool: cognito.UserPool, stage: Stage) -> cognito.UserPoolClient:
    return pool.add_client(
        "Client",
        auth_flows=cognito.AuthFlow(user_srp=True, user_password=stage.password_sign_in),
        generate_secret=False,  # a browser cannot keep one
        disable_o_auth=True,
        prevent_user_existence_errors=True,
        enable_token_revocation=True,
        access_token_validity=Duration.hours(stage.access_token_h),
        id_token_validity=Duration.hours(stage.access_token_h),
        refresh_token_validity=Duration.days(stage.refresh_token_d),
    )
