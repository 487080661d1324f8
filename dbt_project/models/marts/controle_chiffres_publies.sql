{{ config(portee='tout') }}

-- Each published figure beside ours, computed on the returns in force when it was known and rounded as it was
-- published.
with

chiffres as (
    select
        *,
        -- The whole day is in, Paris time.
        ((connu_le + 1)::timestamp at time zone 'Europe/Paris') - interval '1 microsecond' as limite
    from {{ ref('con_chiffres_publies') }}
    where comparaison <> 'objectif'
),

-- What was known of the whole country at the end of the day the figure speaks of, or at the instant if it comes first.
france as (
    select
        chiffres.indicateur,
        sommes.nb_attendus,
        sommes.nb_ayant_repondu,
        sommes.axes,
        sommes.beneficiaires,
        sommes.gouvernance,
        sommes.partenaires,
        sommes.nombres_associes
    from chiffres
    cross join {{ ref('instant') }} as instants
    inner join {{ ref('int_sommes') }} as sommes
        on
            sommes.niveau = 'france'
            and sommes.code = 'FR'
            and chiffres.trimestre = sommes.trimestre
            and least(chiffres.limite, instants.instant) >= sommes.connu_du
            and sommes.connu_au > least(chiffres.limite, instants.instant)
),

-- Since the first quarter; the denominator is the number of territories that sent a return.
axes as (
    select
        france.indicateur,
        france.axes[places.mesure + cardinality(france.axes) / 2] as valeur,
        france.nb_ayant_repondu as denominateur
    from france
    inner join (
        values
        ('actions_coordination', 'recenser_federer', 'occurrences'),
        ('actions_evenements', 'aller_vers', 'occurrences'),
        ('actions_freins', 'innover', 'actions_frein')
    ) as voulus (chiffre, axe, mesure) on france.indicateur = voulus.chiffre
    inner join {{ ref('int_listes') }} as listes on listes.liste = 'axes' and voulus.axe = listes.code
    cross join
        lateral (
            select
                case voulus.mesure
                    when 'occurrences' then {{ place('axes', 'listes.numero', 'occurrences') }}
                    else {{ place('axes', 'listes.numero', 'actions_frein') }}
                end as mesure
        ) as places
),

-- The last cumul known of each territory.
beneficiaires as (
    select
        france.indicateur,
        {{ terme_serie('france.beneficiaires', 'series.numero', 'cumul') }} as valeur,
        {{ terme_serie('france.beneficiaires', 'series.numero', 'nb_cumuls') }} as denominateur
    from france
    inner join (
        values
        ('beneficiaires_identifies', 'identifies'),
        ('beneficiaires_touches_frein', 'touches_frein')
    ) as voulus (chiffre, mesure) on france.indicateur = voulus.chiffre
    inner join (
        select distinct
            indicateur,
            numero
        from {{ ref('int_series') }}
        where public = 'ensemble' and sexe = 'T'
    ) as series on voulus.mesure = series.indicateur
),

gouvernance as (
    select
        france.indicateur,
        100 * sum(france.gouvernance[nombres.numero]) / nullif(max(france.gouvernance[reponses.numero]), 0) as valeur,
        max(france.gouvernance[reponses.numero]) as denominateur
    from france
    inner join (
        values
        ('part_animateur_volet_emploi', 'animateur_volet_emploi', 'oui'),
        ('part_bonne_cooperation', 'niveau_cooperation', '4'),
        ('part_bonne_cooperation', 'niveau_cooperation', '5')
    ) as voulus (chiffre, question, modalite) on france.indicateur = voulus.chiffre
    inner join {{ ref('int_reponses') }} as nombres
        on
            voulus.question = nombres.question
            and nombres.mesure = 'modalite'
            and voulus.modalite = nombres.modalite
    inner join {{ ref('int_reponses') }} as reponses
        on voulus.question = reponses.question and reponses.mesure = 'reponses'
    group by france.indicateur
),

partenaires as (
    select
        france.indicateur,
        case france.indicateur
            when 'reponses_asdo' then associes.cites
            when 'partenaires_moyenne' then associes.total / nullif(associes.cites, 0)
            when 'partenaires_maximum' then associes.maximum
        end as valeur,
        case when france.indicateur = 'reponses_asdo' then france.nb_attendus else associes.cites end as denominateur
    from france
    cross join
        lateral (
            select
                sum(nombres.cites) as cites,
                sum((nombres.rang - 1) * nombres.cites) as total,
                max(nombres.rang - 1) filter (where nombres.cites > 0) as maximum
            from unnest(france.nombres_associes) with ordinality as nombres (cites, rang)
        ) as associes
    where france.indicateur in ('reponses_asdo', 'partenaires_moyenne', 'partenaires_maximum')
),

hausses as (
    select
        france.indicateur,
        100.0 * count(*) filter (where notes.apres > notes.avant) / nullif(count(*), 0) as valeur,
        count(*) as denominateur
    from france
    inner join {{ ref('int_listes') }} as listes on listes.liste = 'partenaires'
    cross join
        lateral (
            select
                {{ terme('france.partenaires', 'partenaires', 'listes.numero', 'communs') }} as communs,
                {{ terme('france.partenaires', 'partenaires', 'listes.numero', 'total_avant') }} as avant,
                {{ terme('france.partenaires', 'partenaires', 'listes.numero', 'total_apres') }} as apres
        ) as notes
    where france.indicateur = 'part_partenaires_en_hausse' and notes.communs > 0
    group by france.indicateur
),

referentiel as (
    select
        comptes.indicateur,
        comptes.valeur::numeric as valeur,
        null::bigint as denominateur
    from {{ ref('int_comptes_reference') }} as comptes
    where
        comptes.connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
        and comptes.connu_au > (select instants.instant from {{ ref('instant') }} as instants)
),

calculs as (
    select * from axes
    union all
    select * from beneficiaires
    union all
    select * from gouvernance
    union all
    select * from partenaires
    union all
    select * from hausses
    union all
    select * from referentiel
)

select
    chiffres.indicateur,
    chiffres.libelle,
    chiffres.publie_le,
    chiffres.publie_le_texte,
    chiffres.valeur as valeur_publiee,
    chiffres.unite,
    chiffres.precision,
    case chiffres.comparaison
        when 'campagne' then 'Campagne ' || chiffres.campagne
        when 'cumul' then 'Cumul au T' || trimestres.numero || ' ' || trimestres.annee
        when 'trimestre' then 'T' || trimestres.numero || ' ' || trimestres.annee
        else 'Données de référence'
    end as compare_a,
    chiffres.connu_le,
    round(calculs.valeur, 6) as valeur_calculee,
    (round(calculs.valeur / chiffres.precision) * chiffres.precision)::numeric(14, 2) as valeur_arrondie,
    round(calculs.valeur / chiffres.precision) * chiffres.precision = chiffres.valeur as accord,
    calculs.denominateur::integer as denominateur,
    chiffres.definition,
    chiffres.source
from chiffres
left join calculs on chiffres.indicateur = calculs.indicateur
left join {{ ref('con_trimestres') }} as trimestres on chiffres.trimestre = trimestres.trimestre
