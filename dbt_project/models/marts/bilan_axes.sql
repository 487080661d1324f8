{{ config(
    portee='suite',
    par=[['trimestre', 'niveau'], ['trimestre', 'niveau', 'code']],
    lectures=[['niveau', 'code', 'trimestre'], ['trimestre', 'niveau']]
) }}

select
    bilans.trimestre,
    bilans.niveau,
    bilans.code,
    bilans.libelle,
    axes.code as axe,
    indicateurs.indicateur,
    indicateurs.valeur as valeur_trimestre,
    indicateurs.cumul as valeur_cumul,
    bilans.nb_repondants,
    bilans.nb_attendus,
    coalesce(indicateurs.nb_valeurs, 0)::integer as nb_valeurs,
    {{ arrete_le() }} as arrete_le
from {{ ref('int_bilans') }} as bilans
inner join {{ ref('con_modalites') }} as axes on axes.liste = 'axes'
inner join {{ ref('int_listes') }} as listes on listes.liste = 'axes' and axes.code = listes.code
cross join
    lateral (
        values
        (
            'actions',
            {{ somme_connue('actions', 'retours') }},
            {{ terme('bilans.axes', 'axes', 'listes.numero', 'actions') }}
        ),
        (
            'occurrences',
            {{ somme_connue('occurrences', 'retours_occurrences') }},
            {{ terme('bilans.axes', 'axes', 'listes.numero', 'nb_occurrences') }}
        ),
        (
            'participants',
            {{ somme_connue('participants', 'retours_participants') }},
            {{ terme('bilans.axes', 'axes', 'listes.numero', 'nb_participants') }}
        ),
        (
            'actions_frein',
            {{ somme_connue('actions_frein', 'retours') }},
            {{ terme('bilans.axes', 'axes', 'listes.numero', 'nb_freins') }}
        ),
        (
            'cout_cite',
            {{ somme_connue('cout_cite', 'retours_couts') }},
            {{ terme('bilans.axes', 'axes', 'listes.numero', 'nb_couts') }}
        )
    ) as indicateurs (indicateur, valeur, cumul, nb_valeurs)
