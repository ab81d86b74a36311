"""Pushes a model folder to a repository of the Hugging Face hub."""

import os
from pathlib import Path

from dupfind.errors import ModelError

TOKEN = "HF_TOKEN"
ENDPOINT = "HF_ENDPOINT"


def push(folder: Path, repository: str, *, is_private: bool) -> str:
    """Push a model's folder to a repository of the Hugging Face hub; a missing repository is created.

    The token comes only from the environment variable HF_TOKEN; HF_ENDPOINT selects another hub.

    Args:
        folder: The folder; all of its files are pushed.
        repository: owner/name.
        is_private: Whether a new repository is private.

    Returns:
        The address of the commit.

    Raises:
        ModelError: The token is missing, or the hub refuses the push or cannot be reached.
    """
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    token = os.environ.get(TOKEN)
    if not token:
        raise ModelError(f"pushing needs a token with write access in the environment variable {TOKEN}")
    api = HfApi(endpoint=os.environ.get(ENDPOINT), token=token, library_name="dupfind")
    try:
        api.create_repo(repository, private=is_private, exist_ok=True, repo_type="model")
        commit = api.upload_folder(
            repo_id=repository, folder_path=folder, commit_message="A model trained by dupfind"
        )
    except HFValidationError as error:
        raise ModelError(f"{repository!r} is not a repository name: write owner/name") from error
    except OfflineModeIsEnabled as error:
        raise ModelError("HF_HUB_OFFLINE forbids the network: unset it to push") from error
    except (HfHubHTTPError, httpx2.HTTPError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{repository} was not pushed: {reason.replace(token, '***')}") from error
    return str(commit.commit_url)
