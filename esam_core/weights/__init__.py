"""Weights files: their table, search folders, verification, download and reading.

Importing this package opens no file and makes no request.
"""

from esam_core.weights.access import download_weights as download_weights
from esam_core.weights.access import find_placed as find_placed
from esam_core.weights.access import find_weights as find_weights
from esam_core.weights.access import is_bundled as is_bundled
from esam_core.weights.access import obtain_weights as obtain_weights
from esam_core.weights.access import provenance as provenance
from esam_core.weights.access import resolve_weights as resolve_weights
from esam_core.weights.access import verify_weights as verify_weights
from esam_core.weights.checkpoint import load_state_dict as load_state_dict
from esam_core.weights.hub import hub_cache as hub_cache
from esam_core.weights.places import cache_folder as cache_folder
from esam_core.weights.places import search_folders as search_folders
from esam_core.weights.rows import EFFICIENT_SAM_S as EFFICIENT_SAM_S
from esam_core.weights.rows import EFFICIENT_SAM_TI as EFFICIENT_SAM_TI
from esam_core.weights.rows import IMAGENET_LITE2 as IMAGENET_LITE2
from esam_core.weights.rows import ISNET_GENERAL_USE as ISNET_GENERAL_USE
from esam_core.weights.rows import MINI as MINI
from esam_core.weights.rows import SAM_VIT_B as SAM_VIT_B
from esam_core.weights.rows import SAM_VIT_H as SAM_VIT_H
from esam_core.weights.rows import SAM_VIT_L as SAM_VIT_L
from esam_core.weights.rows import U2NET as U2NET
from esam_core.weights.rows import U2NETP as U2NETP
from esam_core.weights.rows import WEIGHTS as WEIGHTS
from esam_core.weights.rows import HubModel as HubModel
from esam_core.weights.rows import Weights as Weights
from esam_core.weights.rows import WeightsFile as WeightsFile
from esam_core.weights.rows import WeightsSource as WeightsSource
from esam_core.weights.torchscript import is_torchscript as is_torchscript
from esam_core.weights.torchscript import read_torchscript as read_torchscript
