"""Small configurations of timm's, transformers' and torchvision's models, random weights, for make_held_out.py."""

import torch
from torch import nn
from torch.export import Dim

from held_out_modules import Program, tokens

AUTO = Dim.AUTO


class Pick(nn.Module):
    """A library's model under `model`, its output object reduced to the named tensors."""

    takes_any_inputs = True

    def __init__(self, model, *keys, **fixed):
        super().__init__()
        self.model, self.keys, self.fixed = model, keys, fixed

    def forward(self, *inputs):
        outputs = self.model(*inputs, **self.fixed)
        picked = tuple(getattr(outputs, key) for key in self.keys)
        return picked[0] if len(picked) == 1 else picked


def image(batch, side, channels=3):
    return torch.randn(batch, channels, side, side)


def vision(make, side):
    """An image classifier with a dynamic batch."""
    def program():
        module = make()
        return Program(module, (image(2, side),), dynamic=({0: AUTO},), other=(image(3, side),))
    return program


def timm_models():
    import timm
    names = {
        "test_byobnet": 64, "test_convnext2": 64, "test_efficientnet_gn": 64, "test_mambaout": 64, "test_maxvit": 160,
        "test_nfnet": 64, "test_vit2": 160, "test_vit4": 160, "test_vit_relpos": 160, "test_coatnet": 160,
        "test_efficientnet_evos": 64,
    }
    return {"timm_" + n: vision(lambda n=n: timm.create_model(n, pretrained=False, num_classes=16), s) for n, s in names.items()}


def torchvision_models():
    import torchvision.models as V
    small = {"num_classes": 10, "weights": None}
    wide = {
        "squeezenet1_1": (64, {}), "shufflenet_v2_x0_5": (64, {}), "mobilenet_v3_small": (64, {}), "mnasnet0_5": (64, {}),
        "googlenet": (64, {"init_weights": False, "aux_logits": False}), "regnet_y_400mf": (64, {}),
        "efficientnet_b0": (64, {}), "mobilenet_v2": (64, {"width_mult": 0.35}),
    }
    found = {
        "tv_" + n: vision(lambda n=n, k=k: getattr(V, n)(**small, **k), s) for n, (s, k) in wide.items()
    }
    found["tv_densenet"] = vision(lambda: V.DenseNet(8, (2, 3, 2), 16, num_classes=10), 64)
    found["tv_swin"] = vision(
        lambda: V.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [7, 7], num_classes=10), 56
    )
    found["tv_swin_v2"] = vision(
        lambda: V.SwinTransformer(
            [4, 4], 24, [2, 2], [2, 4], [8, 8], num_classes=10,
            block=V.swin_transformer.SwinTransformerBlockV2, downsample_layer=V.swin_transformer.PatchMergingV2,
        ), 64,
    )
    found["tv_maxvit"] = vision(
        lambda: V.MaxVit((56, 56), 16, 7, [16, 32], [1, 1], 8, 0.0, num_classes=10), 56
    )
    found["tv_vit"] = vision(lambda: V.VisionTransformer(32, 8, 2, 4, 32, 64, num_classes=10), 32)
    found["tv_segmentation_lraspp"] = lambda: Program(
        PickKey(V.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=5), "out"),
        (image(2, 64),), dynamic=({0: AUTO},), other=(image(3, 64),),
    )
    return found


class PickKey(nn.Module):
    def __init__(self, model, key):
        super().__init__()
        self.model, self.key = model, key

    def forward(self, x):
        return self.model(x)[self.key]


def text(make, *keys, vocabulary=99, **fixed):
    """A model of token ids with dynamic batch and length."""
    def program():
        module = Pick(make(), *keys, **fixed)
        by_both = ({0: AUTO, 1: AUTO},)
        return Program(module, (tokens(vocabulary, 2, 12),), dynamic=by_both, other=(tokens(vocabulary, 3, 17),))
    return program


def transformers_models():
    import transformers as T
    base = dict(vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=37)
    llama = {**base, "num_key_value_heads": 2, "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    hidden, cached = "last_hidden_state", {"use_cache": False}
    found = {
        "hf_distilbert": text(lambda: T.DistilBertModel(T.DistilBertConfig(vocab_size=99, dim=32, n_layers=2, n_heads=4, hidden_dim=64)), hidden),
        "hf_roberta": text(lambda: T.RobertaForTokenClassification(T.RobertaConfig(**base, num_labels=5)), "logits"),
        "hf_electra": text(lambda: T.ElectraModel(T.ElectraConfig(**base, embedding_size=16)), hidden),
        "hf_albert": text(lambda: T.AlbertModel(T.AlbertConfig(**base, embedding_size=16)), hidden, "pooler_output"),
        "hf_deberta": text(lambda: T.DebertaModel(T.DebertaConfig(**base, relative_attention=True, pos_att_type=["p2c", "c2p"])), hidden),
        "hf_deberta_v2": text(lambda: T.DebertaV2Model(T.DebertaV2Config(**base, relative_attention=True, pos_att_type=["p2c", "c2p"])), hidden),
        "hf_opt": text(lambda: T.OPTForCausalLM(T.OPTConfig(vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, ffn_dim=64, word_embed_proj_dim=32, max_position_embeddings=64)), "logits", **cached),
        "hf_gpt_neo": text(lambda: T.GPTNeoForCausalLM(T.GPTNeoConfig(vocab_size=99, hidden_size=32, num_layers=2, num_heads=4, attention_types=[[["global", "local"], 1]], window_size=5, max_position_embeddings=64)), "logits", **cached),
        "hf_gpt_neox": text(lambda: T.GPTNeoXForCausalLM(T.GPTNeoXConfig(**base, max_position_embeddings=64)), "logits", **cached),
        "hf_gptj": text(lambda: T.GPTJForCausalLM(T.GPTJConfig(vocab_size=99, n_embd=32, n_layer=2, n_head=4, rotary_dim=4, n_positions=64)), "logits", **cached),
        "hf_mistral": text(lambda: T.MistralForCausalLM(T.MistralConfig(**llama, sliding_window=8)), "logits", **cached),
        "hf_qwen2": text(lambda: T.Qwen2ForCausalLM(T.Qwen2Config(**llama)), "logits", **cached),
        "hf_phi": text(lambda: T.PhiForCausalLM(T.PhiConfig(**llama)), "logits", **cached),
        "hf_gemma": text(lambda: T.GemmaForCausalLM(T.GemmaConfig(**llama, head_dim=8)), "logits", **cached),
        "hf_gemma2": text(lambda: T.Gemma2ForCausalLM(T.Gemma2Config(**llama, head_dim=8, sliding_window=8)), "logits", **cached),
        "hf_bloom": text(lambda: T.BloomForCausalLM(T.BloomConfig(vocab_size=99, hidden_size=32, n_layer=2, n_head=4)), "logits", **cached),
        "hf_mixtral": text(lambda: T.MixtralForCausalLM(T.MixtralConfig(**llama | {"intermediate_size": 40}, num_local_experts=3)), "logits", **cached),
        "hf_mamba": text(lambda: T.MambaForCausalLM(T.MambaConfig(vocab_size=99, hidden_size=16, state_size=4, num_hidden_layers=1)), "logits", **cached),
        "hf_xlnet": text(lambda: T.XLNetModel(T.XLNetConfig(vocab_size=99, d_model=32, n_layer=2, n_head=4, d_inner=37)), hidden, use_mems=False),
        "hf_fnet": text(lambda: T.FNetModel(T.FNetConfig(vocab_size=99, hidden_size=32, num_hidden_layers=2, intermediate_size=37)), hidden),
        "hf_squeezebert": text(lambda: T.SqueezeBertModel(T.SqueezeBertConfig(**base | {"intermediate_size": 64}, embedding_size=32)), hidden),
    }
    small = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=37, image_size=32, patch_size=8)
    pictures = {
        "hf_vit": (lambda: T.ViTModel(T.ViTConfig(**small)), 32, hidden),
        "hf_deit": (lambda: T.DeiTModel(T.DeiTConfig(**small)), 32, hidden),
        "hf_beit": (lambda: T.BeitModel(T.BeitConfig(**small, use_relative_position_bias=True)), 32, hidden),
        "hf_dinov2": (lambda: T.Dinov2Model(T.Dinov2Config(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, image_size=28, patch_size=7)), 28, hidden),
        "hf_swin": (lambda: T.SwinModel(T.SwinConfig(image_size=32, patch_size=2, embed_dim=16, depths=[1, 2], num_heads=[2, 2], window_size=4)), 32, hidden),
        "hf_convnextv2": (lambda: T.ConvNextV2ForImageClassification(T.ConvNextV2Config(hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 2, 1], num_labels=7)), 64, "logits"),
        "hf_segformer": (lambda: T.SegformerForSemanticSegmentation(T.SegformerConfig(hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 2, 4], decoder_hidden_size=16, num_labels=5)), 64, "logits"),
        "hf_mobilevit": (lambda: T.MobileViTModel(T.MobileViTConfig(image_size=64, hidden_sizes=[16, 24, 32], neck_hidden_sizes=[8, 8, 16, 24, 32, 40, 64], num_attention_heads=2)), 64, hidden),
        "hf_clip_vision": (lambda: T.CLIPVisionModel(T.CLIPVisionConfig(**small)), 32, "pooler_output"),
        "hf_poolformer": (lambda: T.PoolFormerModel(T.PoolFormerConfig(hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1])), 64, hidden),
    }
    found |= {n: vision(lambda make=make, key=key: Pick(make(), key), side) for n, (make, side, key) in pictures.items()}
    clip = dict(vocab_size=99, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=37, max_position_embeddings=32, eos_token_id=98)
    found["hf_clip_text"] = text(lambda: T.CLIPTextModel(T.CLIPTextConfig(**clip)), hidden, "pooler_output")

    def two_sided(make, decoder_key):
        class Seq2Seq(nn.Module):
            def __init__(self, model):
                super().__init__()
                self.model = model

            def forward(self, source, target):
                return self.model(input_ids=source, decoder_input_ids=target, use_cache=False)[decoder_key]

        def program():
            first, second = (tokens(99, 2, 11), tokens(99, 2, 7)), (tokens(99, 3, 15), tokens(99, 3, 9))
            return Program(Seq2Seq(make()), first, dynamic=({0: AUTO, 1: AUTO},) * 2, other=second)
        return program

    t5 = dict(vocab_size=99, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4, decoder_start_token_id=0)
    bart = dict(vocab_size=99, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=37, decoder_ffn_dim=37, max_position_embeddings=64)
    found["hf_t5"] = two_sided(lambda: T.T5ForConditionalGeneration(T.T5Config(**t5)), "logits")
    found["hf_bart"] = two_sided(lambda: T.BartForConditionalGeneration(T.BartConfig(**bart)), "logits")

    def whisper():
        config = T.WhisperConfig(vocab_size=99, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=37, decoder_ffn_dim=37, num_mel_bins=16, max_source_positions=20, max_target_positions=32, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=3)

        class Whisper(nn.Module):
            def __init__(self):
                super().__init__()
                self.model = T.WhisperForConditionalGeneration(config)

            def forward(self, features, target):
                return self.model(input_features=features, decoder_input_ids=target, use_cache=False).logits

        return Program(
            Whisper(), (torch.randn(2, 16, 40), tokens(99, 2, 6)), dynamic=({0: AUTO}, {0: AUTO, 1: AUTO}),
            other=(torch.randn(3, 16, 40), tokens(99, 3, 9)),
        )

    def wav2vec2():
        config = T.Wav2Vec2Config(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=37, conv_dim=(16, 16, 16), conv_stride=(4, 4, 2), conv_kernel=(8, 4, 4), num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2, vocab_size=20)
        return Program(Pick(T.Wav2Vec2ForCTC(config), "logits"), (torch.randn(2, 1600),), dynamic=({0: AUTO},), other=(torch.randn(3, 1600),))

    found["hf_whisper"], found["hf_wav2vec2"] = whisper, wav2vec2
    return found
